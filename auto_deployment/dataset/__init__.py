"""What is on the disk and everybody reads: segments, events, the catalogue, the quarantine."""
