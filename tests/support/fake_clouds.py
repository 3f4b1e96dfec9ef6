"""What gcsfs and adlfs do when a model store asks them; `tests/cluster/test_stores.py` asks the real ones."""

from collections.abc import Callable
from itertools import count
from typing import Any

BUCKET = "bucket"
PRECONDITION = "If-Match"


class ModifiedError(Exception):
    """As azure.core.exceptions.ResourceModifiedError."""

    __module__ = "azure.core.exceptions"
    error_code = "ConditionNotMet"


class FakeCloud:
    """Contents by path, each with the number of its change."""

    tag = "nothing"  # the name of what identifies a content

    def __init__(self) -> None:
        self.files: dict[str, tuple[bytes, str]] = {}
        self.has_bucket = True
        self.loses_answers = False  # and its client asks again
        self.once_asked: Callable[[], None] | None = None  # what others do after the next question
        self._numbers = count(1)

    def info(self, path: str, timeout: float) -> dict[str, Any]:
        found = {"name": path, self.tag: self._there(path)[1]}
        self._asked()
        return found

    def cat_file(self, path: str, timeout: float, start: int | None = None, end: int | None = None) -> bytes:
        found = self._there(path)[0][start:end]
        self._asked()
        return found

    def ls(self, path: str, timeout: float, detail: bool) -> list[str]:
        below = {one[len(path) + 1 :].partition("/")[0] for one in self.files if one.startswith(f"{path}/")}
        if not below:
            raise FileNotFoundError(path)
        return [f"{path}/{one}" for one in below]

    def rm_file(self, path: str, timeout: float) -> None:
        self._there(path)
        del self.files[path]

    def put_file(self, source: str, path: str) -> None:
        with open(source, "rb") as file:
            self.store(path, file.read())

    def store(self, path: str, content: bytes) -> None:
        self.files[path] = content, f"n{next(self._numbers)}"

    def _asked(self) -> None:
        do, self.once_asked = self.once_asked, None
        if do:
            do()

    def _there(self, path: str) -> tuple[bytes, str]:
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]

    def _try(self, once: Callable[[], None]) -> None:
        once()
        if self.loses_answers:
            once()


class FakeGoogle(FakeCloud):
    """gcsfs: an answer 404 is a file that is not there, 412 one that is there, whatever was asked for."""

    tag = "generation"
    base = "https://storage.googleapis.com/storage/v1/"

    def split_path(self, path: str) -> tuple[str, str, None]:
        bucket, _, key = path.partition("/")
        return bucket, key, None

    def pipe_file(self, path: str, content: bytes, timeout: float) -> None:
        if not self.has_bucket:
            raise FileNotFoundError(path)
        self.store(path, content)

    def call(self, method: str, path: str, *names: str, timeout: float, **words: Any) -> None:
        if not self.has_bucket:
            raise FileNotFoundError(path)
        if method == "GET":
            assert (path, names, words) == ("b/{}/o", (BUCKET,), {"maxResults": 1})
            return
        assert (method, path) == (
            "POST", f"https://storage.googleapis.com/upload/storage/v1/b/{BUCKET}/o",
        )  # fmt: skip
        assert words["uploadType"] == "media"
        place = f"{BUCKET}/{words['name']}"

        def once() -> None:
            if self.files.get(place, (b"", "0"))[1] != words["ifGenerationMatch"]:
                raise FileExistsError(path)
            self.store(place, words["data"])

        self._try(once)


class FakeAzure(FakeCloud):
    """adlfs: what it does not know is for `upload_blob`."""

    tag = "etag"

    def pipe_file(
        self,
        path: str,
        content: bytes,
        timeout: float,
        mode: str = "overwrite",
        etag: str | None = None,
        match_condition: str | None = None,
    ) -> None:
        def once() -> None:
            if mode == "create" and path in self.files:
                raise FileExistsError(path)
            if match_condition and (match_condition, etag) != (
                PRECONDITION,
                self.files.get(path, ("", ""))[1],
            ):
                raise ModifiedError("The condition specified using HTTP conditional header(s) is not met.")
            self.store(path, content)

        self._try(once)
