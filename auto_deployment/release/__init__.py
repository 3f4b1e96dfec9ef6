"""A candidate earns production or is gone: evidence, verdict, phases."""
