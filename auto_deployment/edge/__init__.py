"""NGINX's configuration and its static list."""
