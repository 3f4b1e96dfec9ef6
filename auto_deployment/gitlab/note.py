"""`python3 -m auto_deployment.gitlab.note`: how a merge request changes the published figures."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from auto_deployment.gitlab.api import GitLabError, project_of

SUMMARY, GATE = "data/metrics/summary.json", "data/gate/gate.json"
PAGE = "data/gate/lists.html"


def main(env: Mapping[str, str] = os.environ) -> int:
    """Post a note where a token is set; what GitLab says against it is told and fails no job."""
    number, target = env.get("CI_MERGE_REQUEST_IID"), env.get("CI_MERGE_REQUEST_DIFF_BASE_SHA")
    if not number or not target:
        return 0
    try:
        project = project_of(env)
        before, after = (_read(revision, SUMMARY) for revision in (target, "HEAD"))
        text = "\n\n".join(filter(None, (table(before, after), lists(_read("HEAD", GATE)))))
        if project is not None and text:
            project.post(f"merge_requests/{number}/notes", {"body": text})
            sys.stdout.write(f"Noted in merge request !{number}.\n")
    except GitLabError as error:
        sys.stderr.write(f"The merge request has no note: {error}\n")
    return 0


def table(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return the figures that differ as a table, empty where none does."""
    names = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    if not names:
        return ""
    rows = [f"| {name} | {_said(before.get(name))} | {_said(after.get(name))} |" for name in names]
    return "\n".join(["| Published model | before | now |", "|---|---|---|", *rows])


def lists(gate: Mapping[str, Any]) -> str:
    """Return how lists differ from the champion's, empty where nothing was compared."""
    found = gate.get("lists") or {}
    if not found.get("checks"):
        return ""
    rows = [
        f"- {'' if one['passed'] else '**beyond its limit**: '}{one['sentence']}" for one in found["checks"]
    ]
    where = f"Ten users' lists side by side: `{PAGE}` among the artefacts of this job."
    return "\n".join([found["sentence"], "", *rows, "", where])


def _read(revision: str, path: str) -> dict[str, Any]:
    done = subprocess.run(["git", "show", f"{revision}:{path}"], capture_output=True, text=True, check=False)
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return {}  # nothing was published there
    return found


def _said(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else "none" if value is None else str(value)


if __name__ == "__main__":
    sys.exit(main())
