"""The page *Fleet*: what the master knows of nodes, escaped, and what is said where there is none."""

from pathlib import Path
from typing import Any

from auto_deployment.fleet.errors import MasterError
from tests.console.conftest import Site
from tests.support.fleet import V1, V2
from tests.support.master import SILENT_S, Fleet, channel


def page(fleet: Fleet, root: Path) -> str:
    return Site(root, fleet=lambda what: fleet.json("GET", f"/{what}")).person().opens("/fleet")


def test_each_channel_of_each_node_is_a_row_with_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "fleet").mkdir()
    fleet = Fleet(tmp_path / "fleet")
    fleet.publish(V1, "stable")
    fleet.report("gone", serves=V1)
    fleet.now += SILENT_S + 60
    fleet.report("node-1", serves=V1)
    late = channel(V1, wanted=V2, behind_s=300.0, fault="<b>why</b>")
    fleet.report("node-2", channels={"stable": late, "canary": channel(V1, pinned=V1)})
    text = page(fleet, tmp_path)
    assert "2 of 4 are not as wanted" in text
    assert "left without a word 2 min ago" in text
    assert "behind for 5 min" in text
    assert f"{V1} (pinned)" in text
    assert "&lt;b&gt;why&lt;/b&gt;" in text
    assert "films, stable" in text


def test_when_all_is_as_wanted_the_page_says_so(tmp_path: Path) -> None:
    (tmp_path / "fleet").mkdir()
    fleet = Fleet(tmp_path / "fleet")
    assert "No node has registered yet" in page(fleet, tmp_path)
    fleet.report("node-1", serves=V1)
    text = page(fleet, tmp_path)
    assert "All is as wanted." in text
    assert 'href="/fleet"' in text


def test_a_master_that_is_away_is_said_and_a_console_without_one_has_no_such_page_in_its_menu(
    tmp_path: Path,
) -> None:
    def away(what: str) -> Any:
        raise MasterError("The master is away.")

    assert "The master is away. Nodes go on" in Site(tmp_path, fleet=away).person().opens("/fleet")
    text = Site(tmp_path).person().opens("/fleet")
    assert "MASTER_URL names none" in text
    assert 'href="/fleet"' not in text
