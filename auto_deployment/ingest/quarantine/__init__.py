"""Lines that were not taken: listed, and tried again."""
