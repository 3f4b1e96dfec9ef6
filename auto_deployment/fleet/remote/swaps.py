"""How each kind of storage is told to replace a file only while it is what somebody has read.

fsspec has one condition for all, that of creation (`mode="create"`): replacing is said in their own words.
"""

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

from auto_deployment.fleet.errors import StoreError
from auto_deployment.fleet.files import Tag

CREATE: Mapping[str, Any] = {"mode": "create"}


class Swaps(Protocol):
    """What is asked of a client; all raise what the client raises."""

    def read(self, at: str) -> tuple[bytes, Tag]:
        """Return content and a tag that is not newer; raise `FileNotFoundError` where there is none."""

    def put(self, at: str, content: bytes, tag: Tag) -> None:
        """Write while the file has this tag (None: is not there), else raise."""


class S3Swaps:
    """s3fs hands what it does not know to `put_object`, `IfMatch` among it."""

    def __init__(self, system: Any, waits: Mapping[str, Any]) -> None:
        self._system, self._waits = system, waits

    def read(self, at: str) -> tuple[bytes, Tag]:
        # An opened file is asked for by the ETag that it was opened with: both belong together.
        with self._system.open(at, "rb") as file:
            return bytes(file.read()), _known(file.details, "ETag")

    def put(self, at: str, content: bytes, tag: Tag) -> None:
        condition = CREATE if tag is None else {"IfMatch": tag}
        self._system.pipe_file(at, content, **condition, **self._waits)


class GoogleSwaps:
    """gcsfs has a condition for creation only, but its `call` asks anything of Google's API."""

    def __init__(self, system: Any, waits: Mapping[str, Any]) -> None:
        self._system, self._waits = system, waits

    def read(self, at: str) -> tuple[bytes, Tag]:
        try:
            return _tag_first(self._system, at, "generation", self._waits)
        except FileNotFoundError:
            self._need_bucket(at)
            raise

    def put(self, at: str, content: bytes, tag: Tag) -> None:
        bucket, key, _ = self._system.split_path(at)
        root = str(self._system.base).removesuffix("storage/v1/")
        try:
            self._system.call(
                "POST", f"{root}upload/storage/v1/b/{quote(bucket, safe='')}/o",
                uploadType="media", name=key, ifGenerationMatch=tag or "0", data=content,
                headers={"Content-Type": "application/octet-stream"}, **self._waits,
            )  # fmt: skip
        except FileNotFoundError:
            self._need_bucket(at)
            raise

    def _need_bucket(self, at: str) -> None:
        """Raise `StoreError` without a bucket: gcsfs says of every answer 404 that the file is not there."""
        bucket = self._system.split_path(at)[0]
        try:
            self._system.call("GET", "b/{}/o", bucket, maxResults=1, **self._waits)
        except FileNotFoundError as error:
            raise StoreError(f"The model store gs://{bucket} is not there: make the bucket.") from error


class AzureSwaps:
    """adlfs hands what it does not know to `upload_blob`: an ETag, and what it is compared for."""

    def __init__(self, system: Any, waits: Mapping[str, Any]) -> None:
        self._system, self._waits = system, waits

    def read(self, at: str) -> tuple[bytes, Tag]:
        try:
            return _tag_first(self._system, at, "etag", self._waits)
        except FileNotFoundError:
            self._system.cat_file(at, **self._waits)  # unlike `info` it says whether the container is there
            raise

    def put(self, at: str, content: bytes, tag: Tag) -> None:
        # adlfs needs it: it is there wherever that is.
        from azure.core import MatchConditions

        unchanged = {"etag": tag, "match_condition": MatchConditions.IfNotModified}
        self._system.pipe_file(at, content, **(CREATE if tag is None else unchanged), **self._waits)


def _tag_first(system: Any, at: str, name: str, waits: Mapping[str, Any]) -> tuple[bytes, Tag]:
    # Another content may come between the two: then a change with the older tag is refused, never lost.
    tag = _known(system.info(at, **waits), name)
    return bytes(system.cat_file(at, **waits)), tag


def _known(details: Any, name: str) -> str:
    """Return what identifies a content; raise `StoreError` where nothing is said of it."""
    if not details.get(name):
        raise StoreError(
            f"The model store does not say the {name} of its files, so of two changes at once one would be "
            "lost: use another server, or a folder."
        )
    return str(details[name])
