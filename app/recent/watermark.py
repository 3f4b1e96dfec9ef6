"""Up to when the model has learnt: what happened before, it knows."""

import json
from datetime import datetime
from pathlib import Path


class ModelWatermark:
    """Reads the manifest of the model in a folder, again only when it has changed."""

    def __init__(self, model_dir: Path) -> None:
        self._path = model_dir / "manifest.json"
        self._seen: tuple[int, int] | None = None
        self._seconds = 0

    def seconds(self) -> int:
        """Return the unix time, 0 where the model has no one time; the last one while it is unreadable."""
        try:
            stat = self._path.stat()
            if (stat.st_ino, stat.st_mtime_ns) != self._seen:
                self._seconds = watermark_of(self._path.read_bytes())
                self._seen = stat.st_ino, stat.st_mtime_ns
        except (OSError, ValueError):
            pass
        return self._seconds


def watermark_of(manifest: bytes) -> int:
    """Return the time of one cut through all events; models split otherwise have none.

    Raises `ValueError`.
    """
    content = json.loads(manifest)
    try:
        if content.get("split", {}).get("kind") != "global":
            return 0
        return max(int(datetime.fromisoformat(content["watermark"]).timestamp()), 0)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("this is no manifest") from error
