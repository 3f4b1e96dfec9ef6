"""The files on the disk that all packages read: segments, events, the catalogue, the quarantine."""
