"""What the platform says of movies that nobody knows."""
