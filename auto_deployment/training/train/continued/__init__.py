"""Going on from the weights of another model, in place of training from nothing."""
