"""From a stream of lines to segments, each line exactly once."""
