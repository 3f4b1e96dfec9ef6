"""`GET /recommend/<digits>` and no more, nearly every request, answered before Flask.

What is asked and answered is the route's own, from the same functions (`app.routes.Views`). What this
does not take goes on to Flask.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.answers import text_headers, wants_json
from app.metrics import SOURCES
from app.parameters import is_user, read_user
from app.recent.port import Age, Lists
from app.serving import ServedModel

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PREFIX = "/recommend/"
RULE = PREFIX + "<user>"
OK = "200 OK"


def user_of(environ: "WSGIEnvironment") -> str | None:
    """Return the user when the request is one that this module takes."""
    path: str = environ["PATH_INFO"]
    user = path[len(PREFIX) :]
    if (
        environ["REQUEST_METHOD"] == "GET"
        and path.startswith(PREFIX)
        and is_user(user)
        and not environ.get("QUERY_STRING")
        and not wants_json(environ.get("HTTP_ACCEPT"))
        and "HTTP_UPGRADE" not in environ
    ):
        return user
    return None


class ListHeaders(list[tuple[str, str]]):
    """The headers of one list; `text` is all of them as they are sent, for a server that can use it."""

    def __init__(self, head: "ListHead", age: Age, length: int) -> None:
        super().__init__([*head.before, ("Content-Length", str(length)), *age.fields, *head.after])
        self.length = length
        self.text = f"{head.before_text}Content-Length: {length}\r\n{age.text}{head.after_text}"


class ListHead:
    """What the lists of one model and source have in common, checked and put together once."""

    def __init__(self, serving: ServedModel, source: str) -> None:
        """Raise `ValueError` for a value that no header may have: nobody looks at it later."""
        self.before, self.after = text_headers(source), serving.headers
        self.before_text, self.after_text = _text(self.before), _text(self.after)


class HotRoute:
    """Answers with the model that a request was given."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self._heads: tuple[ServedModel | None, dict[str, ListHead]] = (None, {})

    def listed(self, serving: ServedModel, user: str) -> tuple[str, bytes, ListHeaders]:
        """Return source, body and headers of a user's list."""
        model, heads = self._heads
        if model is not serving:
            heads = {source: ListHead(serving, source) for source in SOURCES}
            self._heads = (serving, heads)
        answer = self._lists.recommend(serving.recommender, read_user(user))
        body = serving.recommender.line_of(answer.rows)
        return answer.source, body, ListHeaders(heads[answer.source], self._lists.age, len(body))


def _text(headers: Iterable[tuple[str, str]]) -> str:
    for name, value in headers:
        if not (name.isascii() and value.isascii() and value.isprintable()):
            raise ValueError(f"{value!r} cannot be the value of {name}.")
    return "".join(f"{name}: {value}\r\n" for name, value in headers)
