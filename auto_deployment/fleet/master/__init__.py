"""The one master of a fleet: who is there and what serves, and what persons want changed."""
