"""The stage `prepare`: from segments to interactions, and their split."""
