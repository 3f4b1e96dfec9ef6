"""Pages for people, in place of text and JSON where a browser asks."""
