"""Online measures of releases: read from what `feedback join` wrote, shown, kept with the record."""
