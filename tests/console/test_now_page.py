"""*Now*: who serves what, and plots that say where they come from."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auto_deployment.commands.console import PROMETHEUS_TIMEOUT_S
from auto_deployment.console.live.metrics import QUESTIONS
from auto_deployment.release.observe.prometheus import Prometheus
from auto_deployment.release.records import Serving, write_serving
from auto_deployment.release.release import Phase
from tests.console.conftest import BEGIN, Site
from tests.support.project import PROJECT
from tests.support.prometheus import FakePrometheus, fake_prometheus
from tests.support.release.world import NEW, OLD, World


def log_line(**fields: Any) -> str:
    usual = {
        "track": "stable",
        "status": 200,
        "request_time": 0.02,
        "source": "personal",
        "release": "v1-abc",
    }
    return json.dumps({**usual, **fields}) + "\n"


def figures(text: str) -> dict[str, list[str]]:
    """Return the values of each plot, by its title."""
    parts = re.findall(r"<figcaption>(.*?) <span.*?</figcaption>(.*?)</figure>", text, re.DOTALL)
    return {title: re.findall(r'data-value="([^"]*)"', part) for title, part in parts}


def test_it_says_who_serves_whom_and_what_is_tried(world: World) -> None:
    text = Site(world.paths.root, world).person().opens("/")
    assert f"{OLD.release} (model v1, code abc1234)" in text
    assert f"{NEW.release}</a> is baking" in text


def test_it_says_how_old_the_model_is_and_what_the_canary_does_when_nothing_is_tried(site: Site) -> None:
    serving = Serving("20260301T0900-89abcdef", "c0ffee", "abc1234", "r1", BEGIN.isoformat())
    write_serving(site.paths, serving)
    text = site.person().opens("/")
    assert "its model is 3 h old" in text
    assert "the same as stable: no release is under way" in text


def test_what_became_of_the_last_release_is_said(world: World) -> None:
    world.until(Phase.PROMOTED)
    text = Site(world.paths.root, world).person().opens("/")
    assert re.search(rf"Last release</dt>.*{NEW.release}</a> is promoted, for ", text)


def test_a_damaged_record_hides_nothing_else(world: World) -> None:
    world.until(Phase.PROMOTED)
    world.paths.serving.write_bytes(b"{")
    text = Site(world.paths.root, world).person().opens("/")
    assert "serving.json is damaged" in text
    assert f"{NEW.release}</a> is promoted" in text


def test_the_last_minute_is_counted_by_track_from_the_log(site: Site) -> None:
    log = site.paths.root / "edge.log"
    log.write_text(log_line())  # before anybody looked
    site.live.step()
    with log.open("a") as file:
        file.write(log_line() * 5 + log_line(status=503, source="") + "no line\n" + log_line(status="x"))
        file.write(log_line(track="canary", source="popular", request_time=0.5, release="v2-abc") * 6)
    site.live.step()
    told = json.loads(site.person().opens("/live.json"))["live"]
    assert told["stable-rate"] == "0.1"
    assert told["stable-errors"] == "17 %"
    assert (told["stable-popular"], told["canary-popular"]) == ("0 %", "100 %")
    assert (told["stable-slow"], told["canary-slow"]) == ("20 ms", "500 ms")
    assert (told["canary-release"], told["static-release"]) == ("v2-abc", "-")
    text = site.person().opens("/")
    assert 'data-live="canary-slow">500 ms</td>' in text
    site.clock.later(seconds=80)
    site.live.step()
    assert json.loads(site.person().opens("/live.json"))["live"]["stable-rate"] == "0.0"


def test_without_prometheus_plots_say_so_and_show_what_was_counted_here(site: Site) -> None:
    log = site.paths.root / "edge.log"
    site.live.step()
    log.write_text(log_line() * 30)
    site.live.step()
    assert "Nothing was counted in this time." in site.person().opens("/")
    site.clock.later(minutes=1)
    text = site.person().opens("/")
    assert "No Prometheus runs here: shown is what the console has counted since 2026-03-01 12:00 UTC" in text
    assert figures(text)["Answers"] == ["0.5"]


def test_plots_are_the_series_of_prometheus_asked_once_for_all_who_look(tmp_path: Path) -> None:
    with fake_prometheus() as fake:
        at = BEGIN.timestamp()
        series = [
            {"metric": {"track": track}, "values": [[at, value], [at + 60, "NaN"]]}
            for track, value in (("stable", "0.02"), ("canary", "0.03"))
        ]
        fake.answer(series, "matrix")
        site = Site(tmp_path, prometheus=Prometheus(fake.url, PROMETHEUS_TIMEOUT_S))
        text = site.person().opens("/")
        assert figures(text)["Mean time of a list"] == ["20.0", "30.0", "", ""]
        assert len(fake.asked) == len(QUESTIONS)
        site.person().opens("/")
        assert len(fake.asked) == len(QUESTIONS)
        site.clock.later(seconds=11)
        site.person().opens("/")
        assert len(fake.asked) == 2 * len(QUESTIONS)
        path, asked = fake.asked[0]
        assert (path, asked["query"], asked["step"]) == ("/api/v1/query_range", "track:answers:rate5m", "60")
        assert float(asked["end"]) - float(asked["start"]) == 3600


def test_the_plots_may_be_of_the_time_of_the_release(world: World) -> None:
    with fake_prometheus() as fake:
        fake.answer([], "matrix")
        visitor = Site(world.paths.root, world, prometheus=Prometheus(fake.url)).person()
        assert "Nothing was counted in this time." in visitor.opens("/?window=release")
        asked = fake.asked[0][1]
        assert float(asked["start"]) == world.release.requested_at.timestamp()
        assert float(asked["end"]) == world.now.timestamp()
        assert visitor.client.get("/?window=year").status_code == 400


def nothing(fake: FakePrometheus) -> None:
    fake.status, fake.body = 503, b"away"


def another_form(fake: FakePrometheus) -> None:
    fake.answer([{"metric": {}, "values": [["x"]]}], "matrix")


@pytest.mark.parametrize("answers", [nothing, another_form])
def test_where_prometheus_is_away_plots_say_so(tmp_path: Path, answers: Any) -> None:
    with fake_prometheus() as fake:
        answers(fake)
        text = Site(tmp_path, prometheus=Prometheus(fake.url)).person().opens("/")
    assert "Prometheus does not answer" in text
    away = Site(tmp_path, prometheus=Prometheus("http://127.0.0.1:9", 0.5)).person().opens("/")
    assert "Prometheus does not answer (ConnectionError" in away


def test_what_is_asked_is_what_the_dashboards_ask() -> None:
    dashboards = "".join(
        path.read_text("utf-8") for path in (PROJECT / "monitoring" / "grafana" / "dashboards").glob("*.json")
    )
    assert [one.query for one in QUESTIONS if one.query not in dashboards] == []


def test_an_hour_is_kept_and_no_more(site: Site) -> None:
    log = site.paths.root / "edge.log"
    site.live.step()
    for _ in range(400):
        with log.open("a") as file:
            file.write(log_line())
        site.live.step()
        site.clock.later(seconds=10)
    counted = site.traffic.last(timedelta(hours=9))["stable"]
    assert counted.requests == 360
