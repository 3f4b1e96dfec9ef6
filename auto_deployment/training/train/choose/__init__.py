"""What each model chooses for itself: the weights of its parts, on events held out from its training data."""
