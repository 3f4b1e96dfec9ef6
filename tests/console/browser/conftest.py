"""The real console on a directory in which there is something of everything, and on an empty one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.browser.fixtures import browser
from tests.support.browser.visitor import Visitor, visiting
from tests.support.console_filled import answer, fill
from tests.support.console_server import console_of
from tests.support.prometheus import fake_prometheus

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["browser"]


@dataclass(frozen=True, slots=True)
class Filled:
    """A console's address, its data directory, and what is shown on pages of one thing each."""

    url: str
    data: Path
    addresses: Mapping[str, str]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    data = tmp_path_factory.mktemp("filled") / "data"
    data.mkdir()
    addresses = fill(data)
    with fake_prometheus() as fake:
        answer(fake)
        with console_of(data, PROMETHEUS_URL=fake.url) as url:
            yield Filled(url, data, addresses)


@pytest.fixture
def visitor(browser: "Browser", filled: Filled) -> Iterator[Visitor]:
    with visiting(browser, filled.url) as started:
        yield started


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a console on an empty data directory."""
    data = tmp_path_factory.mktemp("empty") / "data"
    data.mkdir()
    with console_of(data) as url:
        yield url
