"""What a search finds, asked of the gateway that SEARCH names."""

import http.client
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from app.pages.movies import Movie, split_title

WAIT_S = 0.5  # the gateway's own deadline is below that, and a thread waits meanwhile
AWAY = "Search does not answer now: try again in a moment."


@dataclass(frozen=True, slots=True)
class Results:
    """Movies, or a sentence that says why there are none."""

    movies: list[Movie] = field(default_factory=list)
    partial: bool = False
    personal: bool = False  # in an order for the user who asked
    sentence: str | None = None


class Search:
    """`address` is HOST:PORT of a gateway."""

    def __init__(self, address: str, wait_s: float = WAIT_S) -> None:
        self._address, self._wait_s = address, wait_s

    def find(self, words: str, user: str = "") -> Results:
        """Ask for some words, for a user where one is named; there is always something to show."""
        connection = http.client.HTTPConnection(self._address, timeout=self._wait_s)
        try:
            asked = f"/search?q={quote(words)}" + (f"&user={user}" if user else "")
            connection.request("GET", asked, headers={"Connection": "close"})
            answer = connection.getresponse()
            content = json.loads(answer.read())
            if answer.status in (400, 414):
                return Results(sentence=str(content["detail"]))
            if answer.status == 200:
                movies = [_movie(one) for one in content["movies"]]
                # A gateway of the version before knows no orders for users.
                return Results(movies, bool(content["partial"]), bool(content.get("personal")))
        except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
            return Results(sentence=AWAY)
        finally:
            connection.close()
        return Results(sentence=AWAY)


def _movie(content: dict[str, Any]) -> Movie:
    title, _ = split_title(f"{content['title']} (0000)")  # its article to the front
    year = content["year"]
    return Movie(
        str(content["id"]), title, None if year is None else str(year), tuple(map(str, content["genres"]))
    )
