"""The dashboards: the committed files are what the module makes, and fit for Grafana."""

import itertools
from typing import Any

import pytest
import yaml

from monitoring.grafana.boards import BOARDS
from monitoring.grafana.panels import Dashboard
from monitoring.grafana.render import COLUMNS, as_text, render
from tests.support.project import PROJECT
from tests.support.release.queries import DASHBOARDS, every_query, read_dashboards

PROVISIONING = PROJECT / "monitoring" / "grafana" / "provisioning"
NAMES = [
    "callers",
    "feedback",
    "fleet",
    "host",
    "ingest",
    "models",
    "recent",
    "releases",
    "search",
    "service",
]


def boxes_overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return all(
        one[start] < other[start] + other[size] and other[start] < one[start] + one[size]
        for start, size in (("x", "w"), ("y", "h"))
    )


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_the_committed_file_is_what_the_module_makes(board: Dashboard) -> None:
    file = DASHBOARDS / f"{board.name}.json"
    assert file.read_text("utf-8") == as_text(render(board)), "run: python -m monitoring.grafana"


def test_there_are_no_other_files_than_those_of_the_module() -> None:
    assert sorted(read_dashboards()) == sorted(board.name for board in BOARDS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_dashboard_has_a_choice_of_track_and_uses_it(name: str) -> None:
    content = read_dashboards()[name]
    assert [variable["name"] for variable in content["templating"]["list"]] == ["track"]
    assert any(
        "$track" in target["expr"] for panel in content["panels"] for target in panel.get("targets", [])
    )


@pytest.mark.parametrize("name", NAMES)
def test_panels_lie_beside_each_other_with_numbers_of_their_own(name: str) -> None:
    panels: list[dict[str, Any]] = read_dashboards()[name]["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= COLUMNS for panel in panels)
    for one, other in itertools.combinations(panels, 2):
        assert not boxes_overlap(one["gridPos"], other["gridPos"]), (one["title"], other["title"])


def test_every_panel_asks_the_provisioned_source() -> None:
    [source] = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yml").read_text("utf-8"))[
        "datasources"
    ]
    assert source["url"] == "http://prometheus:9090"
    panels = [panel for content in read_dashboards().values() for panel in content["panels"]]
    asked = {target["datasource"]["uid"] for panel in panels for target in panel.get("targets", [])}
    assert asked == {source["uid"]}


def test_dashboards_have_addresses_of_their_own() -> None:
    contents = read_dashboards().values()
    for name in ("uid", "title"):
        assert len({content[name] for content in contents}) == len(NAMES)


def test_no_query_is_about_a_single_user() -> None:
    assert [asked.where for asked in every_query() if "user_id" in asked.expr or "user=" in asked.expr] == []
