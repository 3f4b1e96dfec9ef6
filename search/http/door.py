"""Questions of a gateway, answered by a shard before Gunicorn and Flask read them.

Both together take longer than the answer. What is taken has the very form that `search.http.connections`
sends; everything else is left as it came to those who read all of HTTP, and so is what could not be answered.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from search.http.wire import CONTENT_TYPE

EXTENSION = "marquee-door"
TAKEN_MAX_BYTES = 32_768  # head and body; a question has some 2,000
_FORM = re.compile(
    rb"POST /search HTTP/1\.1\r\nHost: [!-~]{1,255}\r\nContent-Type: "
    + re.escape(CONTENT_TYPE.encode())
    + rb"\r\nContent-Length: ([1-9][0-9]{0,5})\r\n\r\n"
)


@dataclass(frozen=True)
class Door:
    """Answers what has come over a connection; `answer` returns status, media type and body for a body."""

    answer: Callable[[bytes], tuple[int, str, bytes]]

    def take(self, came: bytes) -> bytes | None:
        """Return all of an HTTP answer, or `None` where what came is not one whole question and no more."""
        found = _FORM.match(came)
        if found is None or len(came) != found.end() + int(found[1]):
            return None
        status, kind, content = self.answer(came[found.end() :])
        return (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        ).encode() + content


def request_of(address: str, content: bytes) -> bytes:
    """Return a question as it is sent, in the form that a door takes."""
    return (
        f"POST /search HTTP/1.1\r\nHost: {address}\r\nContent-Type: {CONTENT_TYPE}\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    ).encode() + content
