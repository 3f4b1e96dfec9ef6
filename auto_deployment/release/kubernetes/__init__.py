"""Releases on Kubernetes: two Deployments and a Service, changed through its API."""
