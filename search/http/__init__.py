"""How a gateway and its shards talk, and what a gateway reads of those who ask."""
