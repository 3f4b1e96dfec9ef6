"""The pages: a user's list with its reasons, movies that are similar or found, and what went wrong."""

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Response, request

from app.answers import SIMILAR, SOURCE_HEADER
from app.pages.movies import NOTHING, best_known, movie, some_users
from app.pages.origin import origin
from app.pages.responses import html_page
from app.pages.search import Search
from app.pages.tracks import beside, other_track
from app.parameters import Shown, is_user, read_user
from app.recent.port import Lists
from app.recommender import PERSONAL
from app.serving import ServedModel, self_test

STYLE = Path(__file__).with_name("style.css")
STYLE_MAX_AGE_S = 600  # two releases answer at a time: the address says which style, but either may give it
SHOWN_SEEN = 8  # titles
EXAMPLES = 3  # users
USER_MAX = 200  # digits that a search takes; nobody has an id of more than 19


def utc_now() -> datetime:
    return datetime.now(UTC)


class Pages:
    """Makes each page from the model that a request was given."""

    def __init__(
        self, lists: Lists, search: Search | None = None, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._lists = lists
        self._search = search
        self._clock = clock
        self._style = STYLE.read_bytes()
        self._style_version = sha256(self._style).hexdigest()[:12]

    def front(self, serving: ServedModel, user: str) -> Response:
        """Show the list of a user, or what is popular while none is named."""
        shown = self._listed(serving, user)
        if shown is None:
            return self._without_answer(serving)
        examples = [] if user else some_users(serving.recommender, EXAMPLES)
        known = [one for one in examples if self._lists.user_row(serving.recommender, one) is not None]
        return self._page(serving, "front.html", examples=known, **shown)

    def found(self, serving: ServedModel, words: str, user: str) -> Response | None:
        """Show what a search finds for some words, for a user where one is named; None without a search.

        The status is 200 also where the gateway does not answer: NGINX would ask other instances in vain.
        """
        if self._search is None:
            return None
        user = user.lstrip("0") or user[:1]
        results = self._search.find(words, user[:USER_MAX])
        ids = [one.movie_id for one in results.movies]
        rows = serving.recommender.rows_of(ids)
        known = {movie_id for movie_id, row in zip(ids, rows, strict=True) if row >= 0}
        return self._page(serving, "search.html", user=user, words=words, results=results, known=known)

    def tracks(self, serving: ServedModel, track: str, user: str, other: Shown | None) -> Response:
        """Show the list beside that of the other track; say so where another track answers than was asked."""
        shown = self._listed(serving, user)
        if shown is None:
            return self._without_answer(serving)
        answers = serving.track == track
        both = None
        if answers and other is not None:
            both = beside(serving.recommender, track, shown["movies"], other)
        return self._page(serving, "tracks.html", asked=track, answers=answers, both=both, **shown)

    def _without_answer(self, serving: ServedModel) -> Response:
        reason = self_test(serving.recommender) or "it has no movie"
        return self.error(serving, 503, f"The model failed its self-test, {reason}.")

    def _listed(self, serving: ServedModel, user: str) -> dict[str, Any] | None:
        """Return what pages say of a list, None where the model is found to have no answer for anybody."""
        recommender = serving.recommender
        if not user:
            answer, row, seen = recommender.popular(), None, set[int]()
        else:
            user_id = read_user(user)
            row = self._lists.user_row(recommender, user_id)
            answer = self._lists.recommend(recommender, user_id)
            seen = self._lists.seen_since(recommender, user_id)
        if not answer.rows and self_test(recommender):
            return None
        before = set() if row is None else set(recommender.seen_rows(row).tolist())
        reasons = self._lists.reasons(recommender, user_id, answer) if user else None
        reasons = reasons or [NOTHING] * len(answer.rows)
        return {
            "user": user.lstrip("0") or user[:1],
            "known": row is not None or bool(seen),
            "personal": answer.source == PERSONAL,
            "movies": [movie(recommender, one, why) for one, why in zip(answer.rows, reasons, strict=True)],
            "seen_count": len(before | seen),
            "seen_titles": best_known(recommender, before | seen, SHOWN_SEEN),
            "other": other_track(serving.track),
        }

    def similar(self, serving: ServedModel, movie_id: str, rows: list[int]) -> Response:
        """Show what stands near a movie."""
        recommender = serving.recommender
        subject = movie(recommender, recommender.movie_row(movie_id))
        movies = [movie(recommender, row) for row in rows]
        page = self._page(serving, "similar.html", subject=subject, movies=movies)
        page.headers[SOURCE_HEADER] = SIMILAR
        return page

    def error(self, serving: ServedModel, status: int, detail: str) -> Response:
        """Say in a sentence what is wrong; the form is there to try again."""
        title = HTTPStatus(status).phrase
        return self._page(serving, "error.html", status, title=title, detail=detail)

    def style(self) -> Response:
        cached = {"Cache-Control": f"public, max-age={STYLE_MAX_AGE_S}"}
        return Response(self._style, 200, cached, content_type="text/css; charset=utf-8")

    def _page(self, serving: ServedModel, template: str, status: int = 200, **facts: object) -> Response:
        facts.setdefault("user", request.args.get("user", "")[:40])
        facts.setdefault("words", "")
        facts["has_search"] = self._search is not None
        user = str(facts["user"])
        facts["searcher"] = user if is_user(user) else ""
        where = origin(serving, self._lists.status, self._clock())
        return html_page(template, status, origin=where, style_version=self._style_version, **facts)
