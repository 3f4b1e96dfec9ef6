"""Files of ratings or of captured event lines become segments, each file once."""
