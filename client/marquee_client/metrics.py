"""What was asked and what came of it, and the Prometheus text format of it."""

import threading
from collections.abc import Mapping

from marquee_client.errors import OUTCOMES
from marquee_client.kill_switch import KillSwitch

OPEN = "marquee_client_kill_switch_open"
FLIPS = "marquee_client_kill_switch_flips_total"
CALLS = "marquee_client_calls_total"


class Counts:
    """Calls by how they ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # All of them from the start: a series that begins with 1 has, to Prometheus, not grown.
        self._calls = dict.fromkeys(OUTCOMES, 0)

    def count(self, outcome: str) -> None:
        with self._lock:
            self._calls[outcome] += 1

    def all(self) -> dict[str, int]:
        with self._lock:
            return dict(self._calls)


def render(switch: KillSwitch, calls: Mapping[str, int], name: str) -> str:
    """Return the series of one client, which `name` tells from others of the same process."""
    client = f'client="{_escaped(name)}"'
    lines = [
        f"# HELP {OPEN} Whether the service is not asked, because it failed too often.",
        f"# TYPE {OPEN} gauge",
        f"{OPEN}{{{client}}} {int(switch.is_open)}",
        f"# HELP {FLIPS} How often the kill switch opened and closed.",
        f"# TYPE {FLIPS} counter",
        f'{FLIPS}{{{client},to="open"}} {switch.opened}',
        f'{FLIPS}{{{client},to="closed"}} {switch.closed}',
        f"# HELP {CALLS} Calls by how they ended: {', '.join(OUTCOMES)}.",
        f"# TYPE {CALLS} counter",
        *(f'{CALLS}{{{client},outcome="{outcome}"}} {count}' for outcome, count in calls.items()),
    ]
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
