"""What NGINX's `hash KEY consistent` must decide, computed independently: the ketama ring."""

import zlib
from bisect import bisect_left
from collections.abc import Mapping

POINTS_PER_WEIGHT = 160


class Ring:
    """Addresses (`host:port`) with weights; every key belongs to one of them."""

    def __init__(self, weights: Mapping[str, int]) -> None:
        points: list[tuple[int, str]] = []
        for address, weight in weights.items():
            host, _, port = address.rpartition(":")
            base = zlib.crc32(f"{host}\0{port}".encode())
            point = 0
            for _ in range(weight * POINTS_PER_WEIGHT):
                point = zlib.crc32(point.to_bytes(4, "little"), base)
                points.append((point, address))
        points.sort()
        self._points = [point for point, _ in points]
        self._addresses = [address for _, address in points]

    def address_of(self, key: str) -> str:
        return self._addresses[self._place(key)]

    def addresses_of(self, key: str) -> list[str]:
        """Return all addresses in the order in which they are tried for a key."""
        place = self._place(key)
        return list(dict.fromkeys(self._addresses[place:] + self._addresses[:place]))

    def _place(self, key: str) -> int:
        return bisect_left(self._points, zlib.crc32(key.encode())) % len(self._points)
