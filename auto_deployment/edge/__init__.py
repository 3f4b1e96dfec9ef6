"""What NGINX is told."""
