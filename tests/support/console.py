"""What the console's pages show: a clone of a retraining cycle, mails, and a Prometheus with alerts."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from auto_deployment.dataset.quarantine import LinePosition, QuarantineWriter
from auto_deployment.mail.eml import file_stem, to_bytes
from auto_deployment.paths import CycleLayout, Paths
from auto_deployment.publish.tag_message import MARK
from tests.support.cycle.published_versions import facts_of
from tests.support.git import git
from tests.support.mail.mails import READER, SENDER, mail

OLD, NEW, WAITING = "20260301T1200-0123abcd", "20260303T1200-89abcdef", "20260305T1200-aaaa0000"
HERE = "20260306T1200-bbbb0000"
HOSTILE = "<script>alert(1)</script>"
PROFILE = {
    "lines": {"rating": 12},
    "kinds": {"rating": 10},
    "days": [["2026-02-01", {"rating": 4}], ["2026-02-02", {"rating": 6}]],
    "groups": {"gender": {"f": 7}},
}
GATE = "# Gate: passed\n\n| check | value |\n|---|---:|\n| rmse | 0.8765 |\n"


def clone_of(paths: Paths) -> Path:
    """Return the cycle's clone, made where there is none."""
    clone = CycleLayout.below(paths.cycle).clone
    if not clone.exists():
        clone.mkdir(parents=True)
        git(clone, "init", "--quiet", "--initial-branch", "main")
    return clone


def publish(paths: Paths, version: str, files: Mapping[str, str] | None = None, **facts: Any) -> None:
    """Commit a version's files and tag them, as a cycle leaves them in its clone."""
    clone = clone_of(paths)
    commit(clone, version, files or {})
    message = f"Model\n\n{MARK}\n{json.dumps({**facts_of(version), **facts})}\n"
    git(clone, "tag", "--annotate", f"model/{version}", "--cleanup=verbatim", "-m", message)


def commit(clone: Path, version: str, files: Mapping[str, str]) -> None:
    """Commit what a version has beside its tag."""
    for name, text in {"data/gate/gate.md": GATE, **files}.items():
        path = clone / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--allow-empty", "--message", f"model: {version}")


def wait_for_a_person(paths: Paths, version: str, files: Mapping[str, str] | None = None) -> None:
    """Leave a version in a branch, as a cycle that ended in a review does."""
    facts = facts_of(version)
    metrics = {"model": {"parameters": {"train": {"seed": 42}}}, "data": facts["data"], "split": {}}
    written = {
        "data/version.json": json.dumps({"version": version, "kind": "full"}),
        "data/metrics/model.json": json.dumps(metrics),
        "data/metrics/summary.json": json.dumps(facts["metrics"]),
        "data/gate/gate.json": json.dumps(facts["gate"]),
        "data/champion.json": json.dumps({"version": OLD, "source": "what serves"}),
    }
    clone = clone_of(paths)
    git(clone, "checkout", "--quiet", "--detach")
    commit(clone, version, {**written, **(files or {})})
    git(clone, "update-ref", f"refs/remotes/origin/retrain/{version}", "HEAD")
    git(clone, "checkout", "--quiet", "main")


def train_here(paths: Paths, version: str, **facts: Any) -> None:
    """Leave a model and its report, as `marquee train` does."""
    for folder, name, text in (
        (paths.models, "manifest.json", json.dumps({**facts_of(version), **facts})),
        (paths.reports, "report.html", f"<h1>Report of {version}</h1>"),
    ):
        (folder / version).mkdir(parents=True)
        (folder / version / name).write_text(text, "utf-8")


def rejects(paths: Paths, name: str, lines: list[tuple[bytes, str]]) -> None:
    """Leave rejected lines in the quarantine."""
    with QuarantineWriter(paths.quarantine, name, "stream", 1) as writer:
        for number, (raw, reason) in enumerate(lines):
            writer.add(raw, reason, LinePosition(topic="movielog1", partition=0, offset=number))
        writer.seal()
        writer.publish()


def put_mail(paths: Paths, place: str, key: str, progress: object = None, **changed: object) -> str:
    """Leave a mail of a release in a place of its outbox; return its address."""
    folder = paths.release_outbox / place
    folder.mkdir(parents=True, exist_ok=True)
    stem = file_stem(key)
    (folder / f"{stem}.eml").write_bytes(to_bytes(mail(key, **changed), SENDER, [READER]))
    if progress is not None:
        (folder / f"{stem}.json").write_text(json.dumps(progress), "utf-8")
    return f"/mails/releases/{stem}"


def alert(name: str, state: str = "firing", severity: str = "critical", **labels: str) -> dict[str, Any]:
    """Return an alert as Prometheus tells of it."""
    return {
        "labels": {"alertname": name, "severity": severity, "area": "serving", **labels},
        "annotations": {
            "summary": f"About {name}",
            "impact": "Nobody notices.",
            "action": "docker compose ps",
        },
        "state": state,
        "activeAt": "2026-03-01T11:59:00.123456789Z",
        "value": "1e+00",
    }
