"""NGINX's configuration, its log and its static list."""
