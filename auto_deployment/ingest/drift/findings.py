"""The last strong change that each check found, for those who train on the stream: a small file."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from auto_deployment.host.files import replace_text
from auto_deployment.ingest.drift.drift import Finding

log = logging.getLogger(__name__)

Findings = dict[str, dict[str, Any]]  # check -> now, before, lines, at (ISO 8601)


def add_findings(path: Path, findings: Mapping[str, Finding], now: datetime, keep_days: int) -> None:
    """Note what a batch showed; what is older than `keep_days` is forgotten. Raises `OSError`."""
    if not findings:
        return
    oldest = now - timedelta(days=keep_days)
    kept = {check: one for check, one in _read(path).items() if datetime.fromisoformat(one["at"]) >= oldest}
    new = {check: {**asdict(one), "at": now.isoformat()} for check, one in findings.items()}
    replace_text(path, json.dumps({**kept, **new}, indent=1) + "\n")


def findings_since(path: Path, moment: datetime | None) -> Findings:
    """Return what was found after a moment, all that is known without one."""
    found = _read(path).items()
    return {name: one for name, one in found if moment is None or datetime.fromisoformat(one["at"]) > moment}


def read_findings(path: Path) -> Findings:
    """Return all that is known, nothing without a file; raise `ValueError` for a damaged one."""
    try:
        content = json.loads(path.read_bytes())
        found = {check: {**one, "at": str(one["at"])} for check, one in content.items()}
        for one in found.values():
            datetime.fromisoformat(one["at"])
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} cannot be used ({error})") from error
    return found


def _read(path: Path) -> Findings:
    try:
        return read_findings(path)
    except ValueError as error:
        log.warning("%s: earlier strong changes are forgotten.", error)
        return {}
