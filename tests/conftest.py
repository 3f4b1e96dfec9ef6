"""Settings of the whole suite."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support.project import PROJECT

# How fast an example runs says something about the machine, not about the code.
settings.register_profile("marquee", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("marquee")

# What takes longest begins first: no processor waits for it at the end. docs/testing.md has the times.
LONGEST = (
    "cycle/test_real_cycle.py",
    "local/releases/test_releases.py",
    "monitoring/test_alertmanager.py",
    "cycle/test_schedule_command.py",
    "training/test_dvc_flow.py",
    "people/test_forgotten_everywhere.py",
    "publish/test_fake_dvc.py",
    "ingest/test_consumer_faults.py",
    "ingest/test_broker_faults.py",
    "cycle/test_dvc_faults.py",
    "release/controller/test_whole_release.py",
    "console/browser/test_all_pages.py",
    "app/pages/browser/test_front_page.py",
    "app/test_schemathesis.py",
    "people/http/test_server.py",
    "cycle/test_kills.py",
    "cycle/test_nothing_to_train_on.py",
    "release/observe/test_real_prometheus.py",
    "ingest/test_kill.py",
    "ingest/recent/test_recent_kills.py",
    "local/test_run.py",
    "console/browser/test_by_hand.py",
    "cycle/test_git_faults.py",
)
LEFT_OUT: pytest.StashKey[Counter[str]] = pytest.StashKey()
WHY = {"lab": "need containers", "slow": "take more than ten seconds"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files, then those that are marked as slow; no test depends on this order."""
    turns = {item.path: len(LONGEST) for item in items if item.get_closest_marker("slow")}
    turns |= {PROJECT / "tests" / name: turn for turn, name in enumerate(LONGEST)}
    items.sort(key=lambda item: turns.get(item.path, len(LONGEST) + 1))


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Count what `-m` leaves out, by the reason."""
    counts = items[0].config.stash.setdefault(LEFT_OUT, Counter[str]())
    counts.update(
        next((why for name, why in WHY.items() if item.get_closest_marker(name)), "") for item in items
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the counts of a process that runs a part of the tests to the one that reports."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        counts: Counter[str] = session.config.stash.get(LEFT_OUT, Counter())
        output["left_out"] = dict(counts)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Each process collects everything, so each has counted the same."""
    if counts := getattr(node, "workeroutput", {}).get("left_out"):
        node.config.stash[LEFT_OUT] = Counter(counts)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was left out, so that nobody takes a part for the whole."""
    counts = {why: count for why, count in config.stash.get(LEFT_OUT, Counter[str]()).items() if why}
    if counts:
        parts = ", ".join(f"{count} that {why}" for why, count in sorted(counts.items()))
        terminalreporter.write_line(f"Left out: {parts}, and the whole systems. `make test` runs everything.")
