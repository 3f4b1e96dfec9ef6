"""S3, Google's and Azure's storage as the place of a store, through fsspec."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import fsspec

from auto_deployment.fleet.errors import ChangedError, MissingError, StoreError
from auto_deployment.fleet.files import Tag

PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "az": "adlfs"}
TIMEOUT_S = 10
# Both s3fs and botocore try again by themselves, 5 times each: an agent has a next look anyway.
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "s3": {
        "config_kwargs": {
            "connect_timeout": 5,
            "read_timeout": TIMEOUT_S,
            "retries": {"mode": "standard", "total_max_attempts": 2},
        }
    }
}
RETRIES = 2
# The clients under fsspec raise classes of their own beside OSError.
CLIENTS = {"botocore", "aiobotocore", "aiohttp", "gcsfs", "google", "azure", "asyncio"}
BEYOND_THE_END = {"InvalidRange", "416"}
NOT_AS_IT_WAS = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "409", "412"}


class RemoteFiles:
    """Files below `s3://bucket/path` or the like; credentials are where their clients look for them."""

    def __init__(self, address: str) -> None:
        kind = address.partition("://")[0]
        self._address, self.guarded = address, kind == "s3"
        options = {"use_listings_cache": False, "skip_instance_cache": True, **OPTIONS.get(kind, {})}
        try:
            self._system, root = fsspec.url_to_fs(address, **options)
        except ImportError as error:
            raise StoreError(
                f"{kind}:// needs {PACKAGES[kind]}: pip install {PACKAGES[kind]} beside Marquee."
            ) from error
        self._root = str(root).rstrip("/")
        if kind == "s3":
            self._system.retries = RETRIES

    def read(self, path: str) -> bytes:
        with self._told(path):
            return bytes(self._system.cat_file(self._at(path)))

    def read_part(self, path: str, start: int, end: int) -> bytes:
        try:
            with self._told(path):
                return bytes(self._system.cat_file(self._at(path), start=start, end=end))
        except StoreError as error:
            if _code(error.__cause__) in BEYOND_THE_END:
                return b""
            raise

    def upload(self, source: Path, path: str) -> None:
        with self._told(path):
            self._system.put_file(str(source), self._at(path))

    def write(self, path: str, content: bytes) -> None:
        with self._told(path):
            self._system.pipe_file(self._at(path), content)

    def names(self, path: str) -> list[str]:
        try:
            with self._told(path):
                found = self._system.ls(self._at(path), detail=False)
        except MissingError:
            return []
        return sorted({str(one).rstrip("/").rpartition("/")[2] for one in found})

    def remove(self, path: str) -> None:
        with suppress(MissingError), self._told(path):
            self._system.rm_file(self._at(path))

    def read_tagged(self, path: str) -> tuple[bytes, Tag]:
        try:
            with self._told(path):
                if not self.guarded:
                    content = bytes(self._system.cat_file(self._at(path)))
                    return content, hashlib.sha256(content).hexdigest()
                # An opened file is asked for by the ETag that it was opened with: both belong together.
                with self._system.open(self._at(path), "rb") as file:
                    return bytes(file.read()), str(file.details["ETag"])
        except MissingError:
            return b"", None

    def swap(self, path: str, content: bytes, tag: Tag) -> None:
        changed = ChangedError(f"{self._address}/{path} was changed by somebody else meanwhile.")
        if not self.guarded and self.read_tagged(path)[1] != tag:
            raise changed
        condition = {"mode": "create"} if tag is None else {"IfMatch": tag} if self.guarded else {}
        try:
            with self._told(path):
                self._system.pipe_file(self._at(path), content, **condition)
        except StoreError as error:
            # A put whose answer was lost is tried again by the client, and then meets itself.
            if _code(error.__cause__) in NOT_AS_IT_WAS or isinstance(error.__cause__, FileExistsError):
                if self.read_tagged(path)[0] != content:
                    raise changed from error
                return
            raise
        except MissingError as error:  # removed between reading and writing
            raise changed from error

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    @contextmanager
    def _told(self, path: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            if _code(error) == "NoSuchBucket":
                raise StoreError(
                    f"The model store {self._address} is not there ({_words(error)})."
                ) from error
            raise MissingError(f"The model store has no {path}.") from error
        except Exception as error:
            if not isinstance(error, OSError) and type(error).__module__.split(".")[0] not in CLIENTS:
                raise
            said = f"The model store {self._address} cannot be used ({_words(error)})"
            if isinstance(error, PermissionError) or "Credentials" in type(error).__name__:
                said += ": check the credentials in the environment"
            raise StoreError(f"{said}.") from error


def _code(error: BaseException | None) -> str | None:
    """Return S3's word for what went wrong, which s3fs keeps as the cause of what it raises."""
    response = getattr(getattr(error, "__cause__", None), "response", None)
    return None if response is None else response.get("Error", {}).get("Code")


def _words(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
