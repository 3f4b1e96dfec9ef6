"""Docker and Compose behind the ports of `recipe`."""
