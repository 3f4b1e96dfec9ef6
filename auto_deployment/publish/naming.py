"""Names of versions: `YYYYMMDDTHHMM-<start of the hash of the data>`, which also say what is newer."""

import re
from collections.abc import Sequence

from auto_deployment.publish.errors import PublishError

VERSION = re.compile(r"[0-9]{8}T[0-9]{4}-[0-9a-f]{8}")
MINUTE = len("20260301T1200")


def check_new(version: str, published: Sequence[str]) -> None:
    """Raise `PublishError` for a name that is taken, or that is not the newest: then a clock is wrong."""
    if version in published:
        raise PublishError(f"{version} is published already: try again in a minute.")
    newest = max(published, default="")
    if version[:MINUTE] < newest[:MINUTE]:
        raise PublishError(
            f"{newest} is published, but this host's clock says {version[:MINUTE]}: set it right."
        )
