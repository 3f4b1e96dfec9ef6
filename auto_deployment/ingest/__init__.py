"""Data in: event lines and rating files become immutable segments."""
