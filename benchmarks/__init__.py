"""Measurements of what the README and the documentation promise; each is a ratio of two sides of one run."""
