"""Which user a test needs: one whose first attempt goes to a given instance."""

from collections.abc import Iterator, Mapping

from tests.support.edge import SALT
from tests.support.ring import Ring
from tests.support.stub_instance import StubInstance

WEIGHTS = {"stable-1": 40, "stable-2": 40, "canary": 20}


def users_of(instances: Mapping[str, StubInstance], name: str, salt: str = SALT) -> Iterator[int]:
    """Yield the users whom the ring gives to an instance."""
    ring = Ring({instance.address: WEIGHTS[which] for which, instance in instances.items()})
    wanted = instances[name].address
    return (user for user in range(1, 1_000_000) if ring.address_of(f"{salt}:{user}") == wanted)
