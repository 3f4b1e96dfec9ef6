"""The stage `train`: from interactions to a model."""
