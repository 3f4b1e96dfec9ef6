"""The stage `evaluate`: what a model is worth, with intervals."""
