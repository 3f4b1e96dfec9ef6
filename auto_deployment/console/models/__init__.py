"""Models as people look at them: what there is, where each comes from, and what is different about two."""
