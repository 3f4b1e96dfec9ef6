"""The store of feedback in PostgreSQL, for those who want to ask it from other programs and hosts."""
