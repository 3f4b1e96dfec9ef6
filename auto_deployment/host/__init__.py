"""What the kernel does for everybody here: files that appear whole, locks, processes. Imports nobody."""
