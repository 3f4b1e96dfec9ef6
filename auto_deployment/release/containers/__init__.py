"""Releases in containers: Docker, Compose, and NGINX beside them."""
