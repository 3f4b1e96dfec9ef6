"""What came in, as people look at it."""
