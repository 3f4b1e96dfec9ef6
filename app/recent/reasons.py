"""Why an event was not taken."""

UNREADABLE, FUTURE, TITLES, LOST = "unreadable", "future", "titles", "lost"
REASONS = (UNREADABLE, FUTURE, TITLES, LOST)
