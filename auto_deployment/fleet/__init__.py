"""Models for many hosts: a store that they are published to, and an agent on every node that brings them."""
