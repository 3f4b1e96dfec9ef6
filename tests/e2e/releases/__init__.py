"""One story of releases in one system. Each chapter is a test of its own, which can be run alone."""
