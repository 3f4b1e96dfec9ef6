"""Who watched something from the lists of the release that bakes: what the release judge compares."""
