"""Any table of ratings: its file, its shape, its records, its rows as columns of numbers."""
