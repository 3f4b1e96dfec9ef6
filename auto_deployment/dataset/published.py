"""Which segments have left this host: what was published never changes, so nothing is uploaded twice.

A text file beside the segments' folder holds one name a line. Whoever publishes holds `reading(segments)`
from before it lists the segments until after `mark_published`.
"""

from collections.abc import Iterable

from auto_deployment.host.files import StagedFile
from auto_deployment.paths import Paths


def read_published(paths: Paths) -> frozenset[str]:
    """Return the names of the segments that were published, without their suffix."""
    try:
        return frozenset(paths.published.read_text("utf-8").split())
    except FileNotFoundError:
        return frozenset()


def mark_published(paths: Paths, names: Iterable[str]) -> None:
    """Add names, all at once."""
    with StagedFile(paths.published) as staged:
        content = "".join(f"{name}\n" for name in sorted(read_published(paths) | set(names)))
        staged.file.write(content.encode())
        staged.publish()
