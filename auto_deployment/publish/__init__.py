"""Versions of data and models: a clone of its own, DVC's storage, tags. Only here git and DVC are called."""
