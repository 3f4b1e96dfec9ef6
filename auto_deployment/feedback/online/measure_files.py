"""The files that `release` reads: `DATA_DIR/feedback/measures/<release id>.json`, each replaced whole."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from auto_deployment.feedback.files import write_json
from auto_deployment.host.files import remove_leftovers

log = logging.getLogger(__name__)

SUFFIX = ".json"


class MeasureFiles:
    """One writer; whoever reads meets a whole file of some round."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> None:
        """Make the folder; remove what a killed writer left."""
        self._folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(self._folder)

    def read(self, release: str) -> dict[str, Any] | None:
        """Return what a file says, None where there is none or it is damaged: then it is made again."""
        path = self._folder / f"{release}{SUFFIX}"
        try:
            found = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            log.warning("%s is damaged (%s): it is made again.", path, " ".join(str(error).split()))
            return None
        return found if isinstance(found, dict) else None

    def write(self, release: str, content: Mapping[str, Any]) -> None:
        """Put a file in the place of the one before; raise `FeedbackError`."""
        write_json(self._folder / f"{release}{SUFFIX}", content, "The next round writes it.")

    def keep(self, most: int) -> int:
        """Remove those whose release was shown longest ago, and those that are damaged; return how many."""
        last = {path: self._shown_last(path.stem) for path in self._folder.glob(f"*{SUFFIX}")}
        beyond = sorted(last, key=lambda path: (last[path], path.name), reverse=True)[most:]
        for path in beyond:
            path.unlink(missing_ok=True)
        return len(beyond)

    def ends(self) -> dict[str, str]:
        """Return until when the release of each file was shown; nothing of those that are damaged."""
        files = self._folder.glob(f"*{SUFFIX}")
        return {path.stem: last for path in files if (last := self._shown_last(path.stem))}

    def _shown_last(self, release: str) -> str:
        found = self.read(release)
        return str(found.get("until") or "") if found else ""
