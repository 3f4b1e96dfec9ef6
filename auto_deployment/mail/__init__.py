"""Composing mails and sending them."""
