"""Marquee without Docker: the same NGINX and Gunicorn as plain processes."""
