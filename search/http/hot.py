"""`GET /search` for nobody in particular, nearly every request, answered before Flask.

What is asked is read by the functions of the route, what is answered is the route's to the byte. Everything
else goes on to Flask, and so does what gets no list: a question that is refused, and one that fails.
"""

import json
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs

from search.finder import Found
from search.http.questions import of_query
from search.index_format import Head
from search.text import QueryError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

EXTENSION = "marquee-hot"
ASKED_AT = "/search"


class Listed(Protocol):
    """What a gateway has found."""

    @property
    def head(self) -> Head: ...
    @property
    def found(self) -> list[Found]: ...
    @property
    def partial(self) -> bool: ...


class Finds(Protocol):
    """A gateway."""

    def find(self, text: str, count: int) -> Listed | None: ...


class Counts(Protocol):
    """What notes an answer by its status, how long it took and whether it was partial."""

    def __call__(self, status: int, seconds: float, *, partial: bool) -> None: ...


class HotSearch:
    """Stands before the application; `count`, where it is set, is told of each answer that is given here."""

    def __init__(self, application: "WSGIApplication", gateway: Finds) -> None:
        self._application, self._gateway = application, gateway
        self.count: Counts | None = None

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        began = time.perf_counter()
        try:
            listed = self._listed(environ)
        except Exception:  # Flask meets it again below, logs it and answers in its form
            listed = None
        if listed is None:
            return self._application(environ, start_response)
        body = body_of(listed.head, listed.found, partial=listed.partial)
        if self.count is not None:
            self.count(200, time.perf_counter() - began, partial=listed.partial)
        start_response(
            "200 OK",
            [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(body))),
                ("X-Index-Version", listed.head.version),
            ],
        )
        return [body]

    def _listed(self, environ: "WSGIEnvironment") -> Listed | None:
        """Return what is found, `None` where Flask has to answer."""
        query: str = environ.get("QUERY_STRING", "")
        if (
            environ["REQUEST_METHOD"] != "GET"
            or environ["PATH_INFO"] != ASKED_AT
            or "HTTP_UPGRADE" in environ
            or not query.isascii()
        ):
            return None
        # As Werkzeug reads it: bytes that are no UTF-8 stay as they were sent.
        given = parse_qs(query, keep_blank_values=True, errors="werkzeug.url_quote")
        if "user" in given:
            return None
        try:
            wish = of_query(given)
            return self._gateway.find(wish.text, wish.count)
        except QueryError:
            return None


def body_of(head: Head, found: Iterable[Found], *, partial: bool, personal: bool = False) -> bytes:
    """Return the JSON of an answer."""
    years = head.arrays["movie_years"]
    movies = [
        {
            "genres": list(head.genres[row]),
            "id": head.ids[row],
            "title": head.titles[row],
            "year": int(years[row]) or None,
        }
        for row in (one.row for one in found)
    ]
    answer = {"movies": movies, "partial": partial, "personal": personal}
    return json.dumps(answer, separators=(",", ":")).encode() + b"\n"
