"""A simulated platform: its users, its catalogue, who likes what, and what happens there."""
