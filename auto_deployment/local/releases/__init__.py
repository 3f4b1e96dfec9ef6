"""Releases without containers: the controller in the run's own loop."""
