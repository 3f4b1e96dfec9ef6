"""The platform's information API: what it says about a movie or a user, in our words."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote, unquote

import requests


class PlatformDownError(Exception):
    """The API did not answer, or not with an answer; `retry_after_s` is how long it asks us to wait."""

    def __init__(self, message: str, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class PlatformApi:
    """Two questions to one address."""

    url: str
    timeout_s: float

    def movie(self, movie_id: str) -> dict[str, Any] | None:
        """Return the catalogue row of a movie, `None` when there is none; raise `PlatformDownError`."""
        found = self._get(f"movie/{quote(movie_id, safe='+')}", movie_id)
        return None if found is None else movie_row(movie_id, found)

    def user(self, user_id: int) -> dict[str, Any] | None:
        """Return the row of a user, `None` when there is none; raise `PlatformDownError`."""
        found = self._get(f"user/{user_id}", user_id)
        return None if found is None else user_row(user_id, found)

    def _get(self, path: str, wanted: str | int) -> dict[str, Any] | None:
        try:
            answer = requests.get(f"{self.url.rstrip('/')}/{path}", timeout=self.timeout_s)
        except requests.RequestException as error:
            raise PlatformDownError(str(error)) from error
        if answer.status_code == 404:
            return None
        if answer.status_code not in (200, 400):
            pause = answer.headers.get("Retry-After", "")
            pause_s = float(pause) if pause.isdecimal() else 0.0
            raise PlatformDownError(f"status {answer.status_code}", pause_s)
        try:
            body = answer.json()
        except requests.JSONDecodeError as error:
            raise PlatformDownError("its answer is not JSON") from error
        # What is not known is answered with an error in place of the thing, whatever the status.
        is_it = isinstance(body, dict) and any(
            unquote(str(body.get(name))) == unquote(str(wanted)) for name in ("id", "user_id")
        )
        return body if is_it else None


def movie_row(movie_id: str, found: dict[str, Any]) -> dict[str, Any]:
    """Return a catalogue row; numbers may come as text, and what is missing as the text "null"."""
    genres = (one.get("name") if isinstance(one, dict) else one for one in _list(found.get("genres")))
    return {
        "movie_id": movie_id,
        "title": _text(found.get("title")),
        "genres": [name for name in map(_text, genres) if name],
        "year": _year(_text(found.get("release_date"))),
        "runtime_min": _whole(found.get("runtime")) or None,
    }


def user_row(user_id: int, found: dict[str, Any]) -> dict[str, Any]:
    return {
        "user_id": user_id,
        "age": _whole(found.get("age")),
        "gender": _text(found.get("gender")),
        "occupation": _text(found.get("occupation")),
    }


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value not in ("", "null") else None


def _whole(value: object) -> int | None:
    try:
        number = float(value) if isinstance(value, (str, int, float)) else -1.0
    except ValueError:
        return None
    return int(number) if 0 <= number < 1_000_000 else None


def _year(text: str | None) -> int | None:
    try:
        return date.fromisoformat(text or "").year
    except ValueError:
        return None
