"""Ports for what tests start."""

import random
import socket

# Below what the kernel gives to outgoing connections (32768 and more): none of these takes it meanwhile.
FIRST, LAST = 12_000, 32_000
_dice = random.SystemRandom()  # not the generator that tests seed: test processes would draw the same ports
_given: set[int] = set()


def free_port() -> int:
    """Return a port that nobody listens on and that this process has not been given before."""
    while True:
        port = _dice.randint(FIRST, LAST)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def free_ports(count: int) -> list[int]:
    """Return as many different ones."""
    return [free_port() for _ in range(count)]


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        try:
            one.bind(("", port))
        except OSError:
            return False
        return True
