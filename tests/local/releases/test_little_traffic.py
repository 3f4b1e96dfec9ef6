"""A release where a request comes every ten seconds: a second of the test stands for a thousand."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.project import PROJECT
from tests.support.release.local_releases import Site, prepared
from tests.support.systems.releasing import asking

pytestmark = pytest.mark.slow

FASTER = 1000
REQUESTS_PER_S = 0.1
USERS = 2880  # who ask three times a day each: 8,640 requests
GOOD = "20261102T0000-00000000"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Give a run whose window is the shipped one, faster, and whose other limits are the shipped ones."""
    found = prepared(tmp_path)
    shipped = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))["release"]["judge"]
    file = Path(found.environ["PARAMS_FILE"])
    params = yaml.safe_load(file.read_text("utf-8"))
    faster = {name: shipped[name] / FASTER for name in ("window_s", "max_window_s")}
    # A hiccup of the machine is not made faster.
    params["release"]["judge"] = {**shipped, **faster, "metrics_unavailable_max_s": 30}
    file.write_text(yaml.safe_dump(params), "utf-8")
    try:
        yield found
    finally:
        found.stop()


def test_a_tenth_of_a_request_a_second_is_enough_to_earn_production(site: Site) -> None:
    site.give(GOOD, seed=2)
    site.start()
    with asking(site.run.port, USERS, REQUESTS_PER_S * FASTER):
        site.deploy(GOOD)
        reason = site.wait_for(GOOD, "promoted", "aborted", within_s=180)
    assert site.changes(GOOD)[-1]["phase"] == "promoted", reason
