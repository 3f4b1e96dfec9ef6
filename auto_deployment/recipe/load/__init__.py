"""Load with variable steps: shapes, senders, and what was met each minute."""
