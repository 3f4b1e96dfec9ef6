"""A folder as the place of a store: on one host, or mounted on all."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from auto_deployment.fleet.errors import ChangedError, MissingError, StoreError
from auto_deployment.fleet.files import Tag
from auto_deployment.host.files import StagedFile


class FolderFiles:
    """Files below a folder that is there; each appears under a temporary name and is renamed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str) -> bytes:
        with self._told(path):
            return self._at(path).read_bytes()

    def read_part(self, path: str, start: int, end: int) -> bytes:
        with self._told(path), self._at(path).open("rb") as file:
            file.seek(start)
            return file.read(end - start)

    def upload(self, source: Path, path: str) -> None:
        with self._told(path), source.open("rb") as file, StagedFile(self._place(path)) as staged:
            shutil.copyfileobj(file, staged.file)
            staged.publish()

    def write(self, path: str, content: bytes) -> None:
        with self._told(path), StagedFile(self._place(path)) as staged:
            staged.file.write(content)
            staged.publish()

    def names(self, path: str) -> list[str]:
        with self._told(path):
            folder = self._at(path)
            return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []

    def remove(self, path: str) -> None:
        with self._told(path):
            self._at(path).unlink(missing_ok=True)

    def read_tagged(self, path: str) -> tuple[bytes, Tag]:
        with self._told(path):
            return _tagged(self._at(path))

    def swap(self, path: str, content: bytes, tag: Tag) -> None:
        # Two writers of one staged file take turns: the second compares with what the first has written.
        with self._told(path), StagedFile(self._place(path)) as staged:
            if _tagged(self._at(path))[1] != tag:
                raise ChangedError(f"{self._root / path} was changed by somebody else meanwhile.")
            staged.file.write(content)
            staged.publish()

    def _at(self, path: str) -> Path:
        # Without this, a mount that is away would look like a store in which there is nothing.
        if not self._root.is_dir():
            raise StoreError(f"The model store {self._root} is no folder: make it, or mount it.")
        return self._root / path

    def _place(self, path: str) -> Path:
        """Return where a file is to be, in a folder that those may write to who may write to the store."""
        place = self._at(path)
        mode = self._root.stat().st_mode & 0o777
        for folder in reversed(place.relative_to(self._root).parents[:-1]):
            _make(self._root / folder, mode)
        return place

    @contextmanager
    def _told(self, path: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise MissingError(f"The model store has no {path}.") from error
        except OSError as error:
            raise StoreError(
                f"The model store {self._root} cannot be used ({error.strerror} at {path})."
            ) from error


def _make(folder: Path, mode: int) -> None:
    with suppress(FileExistsError):
        folder.mkdir()
        folder.chmod(mode)


def _tagged(path: Path) -> tuple[bytes, Tag]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return b"", None
    return content, hashlib.sha256(content).hexdigest()
