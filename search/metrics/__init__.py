"""What a gateway and a shard tell Prometheus; no label has anything of a question or of who asks."""
