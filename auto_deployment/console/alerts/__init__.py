"""What fires, and what docs/operations.md says to do about it."""
