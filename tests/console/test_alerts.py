"""*Alerts*: what fires comes with what to do about it, and without Prometheus the page says so."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auto_deployment.console.pages import alerts
from auto_deployment.paths import OPERATIONS
from auto_deployment.release.observe.prometheus import Prometheus
from tests.console.conftest import Site
from tests.support.console import HOSTILE, alert
from tests.support.prometheus import FakePrometheus, fake_prometheus
from tests.support.rules import read_alerts


@pytest.fixture
def prometheus() -> Iterator[FakePrometheus]:
    with fake_prometheus() as fake:
        yield fake


@pytest.fixture
def watched(tmp_path: Path, prometheus: FakePrometheus) -> Site:
    return Site(tmp_path, prometheus=Prometheus(prometheus.url, 5.0))


def fires(fake: FakePrometheus, *alerts: dict[str, Any]) -> None:
    fake.status, fake.body = 200, json.dumps({"status": "success", "data": {"alerts": alerts}}).encode()


def test_what_fires_comes_first_each_with_its_section(watched: Site, prometheus: FakePrometheus) -> None:
    fires(
        prometheus,
        alert("DiskFilling", "pending", "warning"),
        alert("IngestStale", severity="warning"),
        alert("EdgeDown", service="nginx"),
    )
    text = watched.person().opens("/alerts")
    assert [path for path, _ in prometheus.asked] == ["/api/v1/alerts"]
    assert "2 fire, 1 will if it goes on like this" in text
    assert re.findall(r'<h2 id="alert-\d">(\w+)', text) == ["EdgeDown", "IngestStale", "DiskFilling"]
    first = text.partition("<article")[2].partition("</article>")[0]
    for said in ("since 2026-03-01 11:59 UTC", "About EdgeDown", "nginx", "An outage."):
        assert said in first


def test_when_nothing_fires_that_is_said(watched: Site, prometheus: FakePrometheus) -> None:
    fires(prometheus)
    assert "Nothing fires." in watched.person().opens("/alerts")


@pytest.mark.parametrize(
    "data", [3, {"alerts": [{}]}, {"alerts": [{"labels": {"alertname": "A"}, "annotations": 3}]}]
)
def test_an_answer_of_another_form_is_none(watched: Site, prometheus: FakePrometheus, data: object) -> None:
    prometheus.status, prometheus.body = 200, json.dumps({"status": "success", "data": data}).encode()
    text = watched.person().opens("/alerts")
    assert "another form" in text
    assert "Nothing fires" not in text


def test_without_prometheus_the_page_says_so_and_keeps_what_to_do(site: Site) -> None:
    text = site.person().opens("/alerts")
    assert "Prometheus does not answer" in text
    assert "Nothing fires" not in text
    assert 'href="/alerts/operations#edgedown"' in text


def test_every_alert_of_the_rules_is_linked_to_a_section_that_is_there(site: Site) -> None:
    linked = re.findall(r'href="/alerts/operations#([a-z]+)"', site.person().opens("/alerts"))
    page = site.person().opens("/alerts/operations")
    assert {rule.alert.lower() for rule in read_alerts()} == set(linked)
    for name in linked:
        assert f'<h4 id="{name}">' in page


def test_links_of_the_page_lead_within_it_and_never_nowhere(site: Site) -> None:
    page = site.person().opens("/alerts/operations")
    written = page[page.index('<div class="written">') :]
    for link in re.findall(r'href="([^"]+)"', written):
        assert link.startswith("http") or f'id="{link[1:]}"' in written, link


def test_a_hostile_alert_and_one_without_a_section_are_shown(
    watched: Site, prometheus: FakePrometheus
) -> None:
    fires(prometheus, alert(HOSTILE, service=HOSTILE))
    text = watched.person().opens("/alerts")
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text
    assert "docs/operations.md says nothing of it" in text


def test_without_the_file_the_page_says_what_is_missing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "OPERATIONS", OPERATIONS.with_name("away.md"))
    assert "is not here" in site.person().opens("/alerts")
    assert site.person().client.get("/alerts/operations").status_code == 404


def test_the_image_holds_the_file() -> None:
    project = OPERATIONS.parents[1]
    copied = (project / "auto_deployment" / "Dockerfile").read_text("utf-8")
    assert re.search(r"^COPY docs/operations.md /srv/docs/", copied, re.MULTILINE)
    assert "!docs/operations.md" in (project / ".dockerignore").read_text("utf-8")
