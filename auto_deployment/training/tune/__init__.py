"""Searching parameters on a validation part."""
