"""Settings of the whole suite."""

import pytest
from hypothesis import HealthCheck, settings

# How fast an example runs says something about the machine, not about the code.
settings.register_profile("marquee", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("marquee")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put whole systems last, so that none runs beside other tests, first those that need the common one.

    No test depends on this order: it is for the time that all of them take.
    """

    def turn(item: pytest.Item) -> tuple[bool, bool, bool]:
        names: list[str] = getattr(item, "fixturenames", [])
        return "e2e" in item.path.parts, "stack" not in names, "images" not in names

    items.sort(key=turn)
