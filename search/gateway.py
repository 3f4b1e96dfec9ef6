"""The gateway: embeds a question, asks the shards, merges, and says which version has answered."""

import logging
from dataclasses import dataclass

from flask import Flask, Response, g, jsonify, request

from search.choice import Held, choose, homes
from search.embedding import Embedding
from search.finder import Found, merge, question_for, understand
from search.holder import Holder
from search.index_format import Head
from search.ring import Ring
from search.text import QueryError

COUNT_MAX = 100

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Serving:
    """What a question is answered with, from its beginning to its end: it is replaced, and never changed."""

    head: Head
    homes: list[list[str]]


@dataclass(frozen=True)
class Listed:
    head: Head
    found: list[Found]
    partial: bool


class Gateway:
    def __init__(self, holder: Holder[Head], ring: Ring, embedding: Embedding) -> None:
        self._holder, self._ring, self._embedding = holder, ring, embedding
        self._serving: Serving | None = None
        self.shards_up, self.shards_known = 0, len(ring.addresses)  # as of the last look

    @property
    def version(self) -> str | None:
        return self._serving.head.version if self._serving else None

    def look(self) -> None:
        """Look at what is wanted and what shards hold, and move to another version in one step if need be."""
        self._holder.look()
        self.take(self._ring.held())

    def take(self, held: Held) -> None:
        self.shards_up = len(held)
        heads = self._holder.held
        known = {version: len(head.arrays["centroids"]) for version, head in heads.items()}
        version = choose(self.version, self._holder.wanted, known, held)
        if version is None:
            return
        if version != self.version:
            log.info("Serving %s after %s", version, self.version)
        self._serving = Serving(heads[version], homes(version, heads[version].shards, held))

    def find(self, text: str, count: int) -> Listed | None:
        """Answer a question; `None` where there is no index. Raises `QueryError`."""
        serving = self._serving
        if serving is None:
            return None
        head = serving.head
        asked = understand(head, self._embedding, text)
        questions = [
            (question_for(head, asked, clusters), addresses)
            for clusters, addresses in zip(head.shards, serving.homes, strict=True)
        ]
        needed = [one for one in questions if one[0].clusters or one[0].rows or one[0].years]
        answers = self._ring.ask(head.version, needed)
        came = [one for one in answers if one is not None]
        return Listed(head, merge(head, asked, came, count), len(came) < len(needed))


def create_gateway(gateway: Gateway) -> Flask:
    """Build the service. Who runs it calls `gateway.look` from time to time."""
    app = Flask("search.gateway", static_folder=None)

    @app.get("/search")
    def search() -> tuple[Response, int]:
        count = request.args.get("n", 20, type=int)
        if not 1 <= count <= COUNT_MAX:
            return jsonify(detail=f"n is {count}: ask for 1 to {COUNT_MAX} movies."), 400
        try:
            listed = gateway.find(request.args.get("q", ""), count)
        except QueryError as error:
            return jsonify(detail=str(error)), 400
        if listed is None:
            return jsonify(detail="There is no index yet: run `marquee search build`."), 503
        g.partial = listed.partial
        movies = [
            {
                "id": listed.head.ids[one.row],
                "title": listed.head.titles[one.row],
                "year": int(listed.head.arrays["movie_years"][one.row]) or None,
                "genres": list(listed.head.genres[one.row]),
            }
            for one in listed.found
        ]
        answer = jsonify(movies=movies, partial=listed.partial)
        answer.headers["X-Index-Version"] = listed.head.version
        return answer, 200

    @app.get("/status")
    def status() -> Response:
        return jsonify(version=gateway.version)

    return app
