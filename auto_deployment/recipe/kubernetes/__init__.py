"""Kubernetes behind the ports of `resources` and `search`."""
