"""A simulated movie platform: users with tastes, a catalogue, and the event lines they cause."""
