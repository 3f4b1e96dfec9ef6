"""What moves: counts of the edge log, Prometheus' series, and the stream that tells open pages."""
