"""Releases: a candidate is promoted or aborted by evidence."""
