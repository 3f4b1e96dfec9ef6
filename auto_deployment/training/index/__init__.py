"""The stage `index`: what words find movies with; `search` says what an index is."""
