"""Lines of the edge log as NGINX writes them."""

import json

STABLE_1, STABLE_2, CANARY_1 = "172.18.0.3:8000", "172.18.0.4:8000", "172.18.0.5:8001"
TRACKS = {8000: "stable", 8001: "canary"}


def line(user: str, *attempts: tuple[str, str], source: str = "personal", number: int = 0) -> bytes:
    """Write one request; an attempt is an address and the status that NGINX noted."""
    return edge_line(
        user=user,
        source=source,
        request_id=f"{number:032x}",
        upstream_addr=", ".join(address for address, _ in attempts),
        upstream_status=", ".join(status for _, status in attempts),
    )


def edge_line(**fields: object) -> bytes:
    """Write one line with the fields that are given, the others as of a good answer of the canary."""
    entry: dict[str, object] = {
        "time": "2026-03-01T06:00:00.123+00:00",
        "request_id": "0" * 32,
        "user": "42",
        "method": "GET",
        "path": "/recommend/42",
        "status": 200,
        "request_time": 0.003,
        "track": "canary",
        "model_version": "20260301T0600-abcd",
        "release": "20260301T0600-abcd-1234567",
        "source": "personal",
        "upstream_addr": CANARY_1,
        "upstream_status": "200",
        "upstream_response_time": "0.002",
        "bytes": 345,
    }
    return json.dumps(entry | fields, separators=(",", ":")).encode() + b"\n"
