"""What every instance is told at once: who has just seen or rated what."""
