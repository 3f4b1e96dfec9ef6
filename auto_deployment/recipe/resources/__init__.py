"""What is deployed, and what it uses."""
