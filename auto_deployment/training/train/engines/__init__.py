"""What computes the parts of a model: this machine alone, or Spark."""
