"""From segments to a measured model."""
