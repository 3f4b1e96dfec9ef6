"""What templates show, made of records: words, marks and numbers. Pure."""
