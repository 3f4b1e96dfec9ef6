"""Which user a test needs: one whose first attempt goes to a given instance."""

from collections.abc import Iterator, Mapping

from tests.support.edge.edge import SALT
from tests.support.edge.ring import Ring
from tests.support.edge.stub_instance import StubInstance

WEIGHTS = {"stable-1": 40, "stable-2": 40, "canary": 20}


def users_of(instances: Mapping[str, StubInstance], *names: str) -> Iterator[int]:
    """Yield the users for whom these instances are tried first, in this order."""
    ring = Ring({instance.address: WEIGHTS[which] for which, instance in instances.items()})
    wanted = [instances[name].address for name in names]
    return (user for user in range(1, 9999) if ring.addresses_of(f"{SALT}:{user}")[: len(wanted)] == wanted)
