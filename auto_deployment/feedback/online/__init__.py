"""Online measures that last: a file for each release, and series by track."""
