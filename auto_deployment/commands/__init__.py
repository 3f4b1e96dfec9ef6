"""What each word of the command line does: the only place where ingest, training and reports meet."""
