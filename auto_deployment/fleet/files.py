"""What a model store asks of the place where its files are."""

from pathlib import Path
from typing import Protocol

Tag = str | None  # what a file was when it was read; None: it was not there


class Files(Protocol):
    """Files below one address; paths are relative and use /.

    Everything raises `MissingError` for what is not there, and `StoreError` for what cannot be used now.
    """

    def read(self, path: str) -> bytes: ...

    def read_part(self, path: str, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to `end`, fewer where the file ends before."""

    def upload(self, source: Path, path: str) -> None:
        """Store a local file; it appears whole."""

    def write(self, path: str, content: bytes) -> None: ...

    def names(self, path: str) -> list[str]:
        """Return what is in a folder, sorted; nothing where there is none."""

    def remove(self, path: str) -> None:
        """Remove a file; do nothing where there is none."""

    def read_tagged(self, path: str) -> tuple[bytes, Tag]:
        """Return content and what identifies it for `swap`; empty and None where there is none."""

    def swap(self, path: str, content: bytes, tag: Tag) -> None:
        """Replace what was read with this tag; raise `ChangedError` where it is something else by now."""
