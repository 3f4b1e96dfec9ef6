"""Recording rules and alerts: what each has to have, and what promtool says of them."""

import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.project import PROJECT
from tests.support.rules import PROMETHEUS, Rule, alerts_under_test, read_alerts
from tests.support.systems.lab import require_docker

IMAGE = "prom/prometheus:v3.5.3"
# What must be noticed, whatever else is.
PROMISED = {
    "InstanceDown", "ErrorRatio", "SlowAnswers", "StaticListInUse", "PopularListInUse", "IngestStale",
    "IngestLagging", "RejectRate", "RetrainOverdue", "ReleaseStuck", "ReleaseMetricsUnavailable",
    "DiskFilling", "OutboxStuck", "InstanceRecreatedRepeatedly",
    "SearchGatewayDown", "SearchPartialAnswers", "SearchShardAway", "SearchIndexRefused", "SearchIndexOld",
    "FleetBehind", "FleetRefused", "FleetStoreAway", "FleetDisk", "FleetAgentStuck",
    "FleetMasterAway", "FleetMasterCannotWrite", "FleetNodeSilent", "FleetNodeBehind", "FleetNodeRefused",
}  # fmt: skip


def files(folder: str) -> list[str]:
    return sorted(file.name for file in (PROMETHEUS / folder).glob("*.yml"))


def promtool(*words: str) -> subprocess.CompletedProcess[str]:
    """Run promtool of the image that Compose runs, on the repository's files."""
    require_docker()
    mount = f"{PROMETHEUS}:/etc/prometheus:ro"
    command = [
        "docker", "run", "--rm", "--network", "none", "-v", mount, "-w", "/etc/prometheus",
        "--entrypoint", "promtool", IMAGE, *words,
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def verdicts() -> dict[str, list[str]]:
    """Return what promtool complains of in each file of tests; one container runs them all."""
    done = promtool("test", "rules", "--junit=/dev/stdout", *(f"tests/{file}" for file in files("tests")))
    _, found, report = done.stdout.partition("<testsuites>")
    assert found, done.stdout + done.stderr
    suites = ElementTree.fromstring(found + report)
    return {suite.attrib["name"]: ["".join(one.itertext()) for one in complaints(suite)] for suite in suites}


def complaints(suite: ElementTree.Element) -> list[ElementTree.Element]:
    return [*suite.iter("failure"), *suite.iter("error")]


def anchors(document: Path) -> set[str]:
    """Return the names that links into a Markdown file may end with."""
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_promised_alert_is_there_once() -> None:
    names = [alert.name for alert in read_alerts()]
    assert set(names) >= PROMISED
    assert len(names) == len(set(names))


@pytest.mark.parametrize("alert", read_alerts(), ids=lambda alert: alert.name)
def test_an_alert_says_what_is_the_matter_whom_it_hurts_and_what_to_do(alert: Rule) -> None:
    assert alert.labels["severity"] in {"critical", "warning"}
    assert alert.labels["area"]
    assert set(alert.annotations) == {"summary", "impact", "action", "runbook"}
    document, _, anchor = alert.annotations["runbook"].partition("#")
    assert anchor == alert.name.lower()
    assert anchor in anchors(PROJECT / document)


def test_every_alert_has_a_test_in_which_it_comes_and_one_in_which_it_does_not() -> None:
    come, stay_away = alerts_under_test()
    names = {alert.name for alert in read_alerts()}
    assert come == names
    assert stay_away == names


def test_labels_that_an_alert_puts_into_words_are_seen_in_its_tests() -> None:
    """A label that the expression has summed away would leave a gap in the sentence."""
    texts = [file.read_text("utf-8") for file in (PROMETHEUS / "tests").glob("*.yml")]
    counted = re.findall(r'count by \((\w+)\) \(ALERTS\{alertname="(\w+)"', "".join(texts))
    for alert in read_alerts():
        if alert.name != "InstanceDown":  # whose test has the whole sentence
            used = re.findall(r"\$labels\.(\w+)", " ".join(alert.annotations.values()))
            assert {(label, alert.name) for label in used} <= set(counted)


def test_the_page_for_the_night_has_no_section_of_an_alert_that_is_gone() -> None:
    text = (PROJECT / "docs" / "operations.md").read_text("utf-8")
    sections = re.findall(r"^### (\w+)$", text, re.MULTILINE)
    assert sorted(sections) == sorted(alert.name for alert in read_alerts())


def test_every_link_within_the_page_for_the_night_leads_somewhere() -> None:
    page = PROJECT / "docs" / "operations.md"
    for file, anchor in re.findall(r"\]\(([\w./]*)#([\w-]+)\)", page.read_text("utf-8")):
        assert anchor in anchors(page.parent / file if file else page), f"{file}#{anchor}"


@pytest.mark.lab
def test_the_configuration_and_its_rules_are_valid() -> None:
    done = promtool("check", "config", "prometheus.yml")
    assert done.returncode == 0, done.stderr
    assert "is valid prometheus config" in done.stdout
    done = promtool("check", "rules", *(f"rules/{file}" for file in files("rules")))
    assert done.returncode == 0, done.stderr


@pytest.mark.lab
@pytest.mark.parametrize("file", files("tests"))
def test_alerts_come_when_they_must_and_only_then(verdicts: dict[str, list[str]], file: str) -> None:
    assert verdicts[f"tests/{file}"] == []
