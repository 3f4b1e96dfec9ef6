"""The cheapest deployment that meets a goal: measured, fitted, proposed, verified."""
