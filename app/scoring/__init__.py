"""What a model says of one user: the parts of the scores, and why."""
