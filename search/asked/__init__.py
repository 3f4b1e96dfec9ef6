"""Questions that a rule makes of a catalogue: to choose by when an index is built, and to measure it with."""
