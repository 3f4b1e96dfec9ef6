"""Several models in one process by their names (`MODELS`); one is what most have."""
