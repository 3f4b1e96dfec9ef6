"""Two instances of the real service with small models behind the real NGINX, and a search that finds."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.support.browser.fixtures import browser
from tests.support.browser.visitor import Visitor, visiting
from tests.support.edge.edge import running_edge
from tests.support.explained import write_fitted
from tests.support.models import Size
from tests.support.scripted_server import Last, reply, scripted
from tests.support.server import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["browser"]

SIZE = Size(neighbours=40)
FOUND = {
    "movies": [
        {
            "id": f"film+{number}+{1950 + number}",
            "title": f"Film {number}",
            "year": 1950 + number,
            "genres": ["Drama"],
        }
        for number in range(3, 9)
    ],
    "partial": False,
}
VERSIONS = {"stable": "20261101T0000-00000000", "canary": "20261103T0000-00000001"}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return where NGINX shares out users between stable and canary, whose models differ a little."""
    folder = tmp_path_factory.mktemp("pages")
    with ExitStack() as stack:
        ports = []
        search = stack.enter_context(scripted(lambda path, number: Last(reply(json.dumps(FOUND)))))
        for seed, (track, version) in enumerate(VERSIONS.items(), 1):
            write_fitted(folder / version, SIZE, version=version, spread=0.1 * seed)
            environ = {"MODEL_DIR": str(folder / version), "TRACK": track, "WORKERS": "1"}
            environ["SEARCH"] = f"127.0.0.1:{search.port}"
            ports.append(stack.enter_context(serving(folder / f"{track}.log", environ)).port)
        stable, canary = (f"127.0.0.1:{port}" for port in ports)
        edge = stack.enter_context(running_edge(folder / "run", [stable, canary], "first"))
        yield f"http://127.0.0.1:{edge.port}"


@pytest.fixture
def visitor(browser: "Browser", address: str) -> Iterator[Visitor]:
    with visiting(browser, address) as started:
        yield started
