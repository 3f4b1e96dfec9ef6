"""Which segments held events of forgotten users before they were written anew.

Published versions name their segments: so it can be told which of them still hold what. A wish to be
forgotten is meant by its number here, so that this file holds nobody's id.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from auto_deployment.errors import MarqueeError
from auto_deployment.host.files import StagedFile

CATALOGUE = "catalogue"  # beside the names of segments: the catalogue as it was published


class HeldRecordError(MarqueeError):
    """The record is damaged. The message names it."""


def read_held(record: Path) -> dict[str, set[int]]:
    """Return the numbers of the wishes by the name of what held something of those users."""
    try:
        content = json.loads(record.read_bytes())
        return {str(name): {int(number) for number in numbers} for name, numbers in content.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise HeldRecordError(
            f"{record} is damaged ({' '.join(str(error).split())}): restore it from a copy, or remove it and "
            "run `marquee retain --now` when a model of the next cycle serves."
        ) from error


def add_held(record: Path, found: Mapping[str, Iterable[int]]) -> None:
    """Note what holds something, all at once; what is noted stays. Raises `OSError`."""
    with StagedFile(record) as staged:
        known = read_held(record)
        merged = {name: known.get(name, set()) | set(found.get(name, ())) for name in {*known, *found}}
        if merged == known:
            return
        content = {name: sorted(merged[name]) for name in sorted(merged)}
        staged.file.write(f"{json.dumps(content, indent=1)}\n".encode())
        staged.publish()
