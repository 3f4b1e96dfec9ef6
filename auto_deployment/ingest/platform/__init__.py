"""Movies and users that are not in the catalogue, looked up at the platform."""
