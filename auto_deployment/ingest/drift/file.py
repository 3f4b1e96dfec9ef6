"""The trailing days on the disk. It serves comparison only: without it, comparison begins anew."""

import json
import logging
from dataclasses import asdict
from datetime import date
from pathlib import Path

from auto_deployment.host.files import replace_text
from auto_deployment.ingest.drift.drift import History, Sample

log = logging.getLogger(__name__)


def load_history(path: Path) -> History:
    """Read the trailing days; none when the file is not there or cannot be used."""
    try:
        return read_history(path)
    except ValueError as error:
        log.warning("%s: comparison with the trailing days begins anew.", error)
        return History()


def read_history(path: Path) -> History:
    """Read the trailing days, none without a file; raise `ValueError` for a damaged one."""
    try:
        content = json.loads(path.read_bytes())
        return History(
            {date.fromisoformat(day): Sample(**sample) for day, sample in content["days"].items()},
            {title: date.fromisoformat(day) for title, day in content["titles"].items()},
        )
    except FileNotFoundError:
        return History()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} cannot be used ({error})") from error


def save_history(path: Path, history: History) -> None:
    """Write the trailing days, all at once; raise `OSError`."""
    content = {
        "days": {day.isoformat(): asdict(sample) for day, sample in history.days.items()},
        "titles": {title: day.isoformat() for title, day in history.titles.items()},
    }
    replace_text(path, json.dumps(content))
