"""Files in S3, Google's or Azure's storage."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import fsspec

from auto_deployment.fleet.errors import ChangedError, MissingError, StoreError
from auto_deployment.fleet.files import Tag
from auto_deployment.fleet.remote import clients
from auto_deployment.fleet.remote.swaps import AzureSwaps, GoogleSwaps, S3Swaps, Swaps


class RemoteFiles:
    """Files below `s3://bucket/path` or the like; credentials are where their clients look for them."""

    def __init__(self, address: str) -> None:
        kind = address.partition("://")[0]
        self._address = address
        self._system, root = _opened(address, kind)
        self._root = str(root).rstrip("/")
        self._waits: Mapping[str, Any] = {} if kind == "s3" else {"timeout": clients.PATIENCE_S}
        self._swaps = _swaps(kind, self._system, self._waits)

    def read(self, path: str) -> bytes:
        with self._told(path):
            return bytes(self._system.cat_file(self._at(path), **self._waits))

    def read_part(self, path: str, start: int, end: int) -> bytes:
        try:
            with self._told(path):
                return bytes(self._system.cat_file(self._at(path), start=start, end=end, **self._waits))
        except StoreError as error:
            if clients.code_of(error.__cause__) in clients.BEYOND_THE_END:
                return b""
            raise

    def upload(self, source: Path, path: str) -> None:
        with self._told(path, is_new=True):
            self._system.put_file(str(source), self._at(path))

    def write(self, path: str, content: bytes) -> None:
        with self._told(path, is_new=True):
            self._system.pipe_file(self._at(path), content, **self._waits)

    def names(self, path: str) -> list[str]:
        try:
            with self._told(path):
                found = self._system.ls(self._at(path), detail=False, **self._waits)
        except MissingError:
            return []
        return sorted({str(one).rstrip("/").rpartition("/")[2] for one in found})

    def remove(self, path: str) -> None:
        with suppress(MissingError), self._told(path):
            self._system.rm_file(self._at(path), **self._waits)

    def read_tagged(self, path: str) -> tuple[bytes, Tag]:
        try:
            with self._told(path):
                return self._swaps.read(self._at(path))
        except MissingError:
            return b"", None

    def swap(self, path: str, content: bytes, tag: Tag) -> None:
        changed = ChangedError(f"{self._address}/{path} was changed by somebody else meanwhile.")
        try:
            with self._told(path):
                self._swaps.put(self._at(path), content, tag)
        except StoreError as error:
            cause = error.__cause__
            if not isinstance(cause, FileExistsError) and clients.code_of(cause) not in clients.NOT_AS_IT_WAS:
                raise
            # A put whose answer was lost is tried again by the client, and then meets itself.
            if self.read_tagged(path)[0] != content:
                raise changed from error
        except MissingError as error:  # removed between reading and writing
            raise changed from error

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    @contextmanager
    def _told(self, path: str, *, is_new: bool = False) -> Iterator[None]:
        """Translate what clients raise; a file that `is_new` can only lack the place where it was to be."""
        try:
            yield
        except Exception as error:
            is_missing = isinstance(error, FileNotFoundError)
            if clients.code_of(error) in clients.NO_PLACE or (is_new and is_missing):
                words = clients.words_of(error.__cause__ or error)
                raise StoreError(f"The model store {self._address} is not there ({words}).") from error
            if is_missing:
                raise MissingError(f"The model store has no {path}.") from error
            if not clients.is_expected(error):
                raise
            raise _refusal(self._address, error) from error


def _opened(address: str, kind: str) -> tuple[Any, str]:
    if kind == "gs":
        # What gcsfs registers asks for the kind of bucket, by gRPC, and says each time that it may not know.
        fsspec.register_implementation("gs", "gcsfs.core.GCSFileSystem", clobber=True)
    options = {"use_listings_cache": False, "skip_instance_cache": True, **clients.OPTIONS.get(kind, {})}
    try:
        system, root = fsspec.url_to_fs(address, **options)
    except ImportError as error:
        package = clients.PACKAGES[kind]
        raise StoreError(f"{kind}:// needs {package}: pip install {package} beside Marquee.") from error
    except ValueError as error:  # adlfs: of the variables that name an account none is set
        raise _refusal(address, error) from error
    if kind == "s3":
        system.retries = clients.RETRIES
    return system, root


def _swaps(kind: str, system: Any, waits: Mapping[str, Any]) -> Swaps:
    makers: Mapping[str, Callable[[Any, Mapping[str, Any]], Swaps]]
    makers = {"s3": S3Swaps, "gs": GoogleSwaps, "az": AzureSwaps}
    return makers[kind](system, waits)


def _refusal(address: str, error: Exception) -> StoreError:
    said = f"The model store {address} cannot be used ({clients.words_of(error)})"
    if clients.is_about_credentials(error):
        said += ": check the credentials in the environment"
    return StoreError(f"{said}.")
