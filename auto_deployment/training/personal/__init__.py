"""What the order for a user is worth: searches for a movie that the user went on to watch. Done by hand."""
