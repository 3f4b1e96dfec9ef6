"""The stage `package`: a model with its name, its provenance and its verdict."""
