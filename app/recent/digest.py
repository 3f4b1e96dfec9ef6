"""What an instance holds, as one line: `python -m app.recent.digest FOLDER`, with the instance's RECENT_DIR.

Instances that hold the same print the same, in whatever order events came to them.
"""

import hashlib
import sys
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import lmdb

from app.recent.opening import CHECKED
from app.recent.store import CODES, READERS, HeldTitle, names_of, titles_of
from app.recent.table import Table


class Digest(NamedTuple):
    """SHA-256 of all that is held, and how much it is."""

    sha256: str
    users: int
    events: int


def held(folder: Path) -> list[HeldTitle]:
    """Return what the store of an instance holds, sorted; raise `OSError` or `lmdb.Error` without one."""
    path = folder / (folder / CHECKED).read_text("ascii")
    with lmdb.open(str(path), readonly=True, create=False, max_dbs=4, max_readers=READERS) as env:
        names = env.open_db(CODES, create=False)
        with env.begin() as txn, closing(Table(path)) as table:
            found = titles_of(table, names_of(txn, names))
            return sorted(found, key=lambda one: (one.user_id, one.movie_id))


def digest_of(titles: list[HeldTitle]) -> Digest:
    """Return the digest of what `held` returns."""
    content = hashlib.sha256()
    for title in titles:
        content.update(repr(tuple(title)).encode() + b"\n")
    return Digest(content.hexdigest(), len({title.user_id for title in titles}), len(titles))


def main(folder: str) -> int:
    try:
        found = digest_of(held(Path(folder)))
    except (OSError, lmdb.Error) as error:
        said = f"{folder} has no store of recent events ({error}): give the RECENT_DIR of an instance"
        sys.stderr.write(said + "\n")
        return 1
    sys.stdout.write(f"{found.sha256} {found.users} users {found.events} events\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
