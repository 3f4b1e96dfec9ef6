"""The way over HTTP, with the standard library alone."""

from marquee_client.http.way import HttpWay

__all__ = ["HttpWay"]
