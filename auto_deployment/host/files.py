"""Files, links and folders that appear whole or not at all, whatever happens to the process that makes them.

There is one convention: while NAME is being made, who makes it holds a lock on `.NAME.tmp` beside it. The
kernel frees the lock of whoever is killed, and knows it in every container that shares the volume, where a
process id says nothing.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Self


class StagedFile:
    """A file under a temporary name: `publish` shows it whole; the `with` block removes it otherwise.

    The temporary stays locked while it is open, so `remove_leftovers` can tell a dead writer's from a living
    one's, and two writers of one file take turns.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._temporary = path.with_name(f".{path.name}.tmp")
        self.file = _open_locked(self._temporary)

    def seal(self) -> None:
        """Put the content on the disk without showing it; publishing then needs no more room."""
        self.file.flush()
        os.fsync(self.file.fileno())

    def publish(self) -> None:
        """Make the content appear under its name, replacing what is there."""
        self.seal()
        os.replace(self._temporary, self.path)
        self.file.close()
        sync_directory(self.path.parent)

    def discard(self) -> None:
        """Remove the temporary; do nothing after `publish`."""
        if self.file.closed:
            return
        self._temporary.unlink(missing_ok=True)
        # What is left in the buffer of a removed file may fail again on a full disk; it is not wanted.
        with suppress(OSError):
            self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.discard()


@contextmanager
def making(path: Path) -> Iterator[Path]:
    """Yield a free name beside `path` for what cannot be locked while it is made: a link, a folder.

    It is `.NAME.new`. The block renames it into place; what it leaves is removed. Two who make the same take
    turns.
    """
    with StagedFile(path):
        made = _made_beside(path.with_name(f".{path.name}.tmp"))
        _remove(made)
        try:
            yield made
        finally:
            _remove(made)


def replace_text(path: Path, text: str) -> None:
    """Write a file under a temporary name and rename it into place."""
    with StagedFile(path) as staged:
        staged.file.write(text.encode())
        staged.publish()


def replace_link(link: Path, target: str) -> None:
    """Point a symbolic link at a target in one step."""
    with making(link) as made:
        made.symlink_to(target)
        os.replace(made, link)
    sync_directory(link.parent)


def remove_leftovers(directory: Path) -> int:
    """Remove what those left who died while they made something; return how many there were."""
    removed = 0
    for path in sorted(directory.glob(".*.tmp")):
        if path.is_symlink() or not path.is_file():
            continue
        with suppress(FileNotFoundError), path.open("rb") as file:  # its writer may publish it just now
            if lock_now(file) and _is_at(file, path):
                _remove(_made_beside(path))
                path.unlink()
                removed += 1
    return removed


def lock_now(file: IO[str] | IO[bytes] | int) -> bool:
    """Lock what is open, until it is closed; return whether it worked: nobody else holds a lock on it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sync_directory(directory: Path) -> None:
    """Put a directory's entries on the disk: a rename is only safe from a power cut after this."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _made_beside(temporary: Path) -> Path:
    return temporary.with_suffix(".new")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _open_locked(path: Path) -> IO[bytes]:
    while True:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "w+b")
        fcntl.flock(file, fcntl.LOCK_EX)
        # Whoever held the lock may have renamed or removed this very file.
        if _is_at(file, path):
            file.truncate(0)
            return file
        file.close()


def _is_at(file: IO[bytes], path: Path) -> bool:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return False
    return os.path.samestat(found, os.fstat(file.fileno()))
