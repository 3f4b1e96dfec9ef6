"""`load`, `resources` and `recipe`: how much a deployment bears, and what is the least that does."""
