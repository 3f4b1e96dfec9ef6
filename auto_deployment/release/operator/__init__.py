"""What a person sees of a release and may ask of it, the same on a command line as on a page."""
