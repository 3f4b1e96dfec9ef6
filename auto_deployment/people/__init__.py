"""What is held about a person: seen, corrected, and forgotten."""
