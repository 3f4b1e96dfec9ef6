"""Users of the simulated platform who answer to the lists that a real service shows them."""
