"""The gateway: embeds a question, asks the shards, merges, and says which version has answered."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import (
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
)

from app.problems import problem, problem_of
from search.embedding import Embedding
from search.finder import Asked, Found, merge, question_for, understand
from search.holder import Holder
from search.http.choice import Held, choose, homes, in_turn
from search.http.hot import EXTENSION, HotSearch, body_of
from search.http.questions import Wish, of_body, of_query
from search.http.ring import Ring
from search.index_format import Head
from search.personal.order import Orders, Outcome
from search.text import QueryError

OPENAPI = Path(__file__).with_name("openapi.yaml")
BODY_MAX_BYTES = 32_768

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Serving:
    """What a question is answered with, from its beginning to its end: it is replaced, and never changed."""

    head: Head
    homes: list[list[str]]  # of each shard
    silent: list[list[str]]  # who held it, and did not answer the last look


@dataclass(frozen=True)
class Listed:
    head: Head
    found: list[Found]
    partial: bool
    asked: Asked


class Gateway:
    def __init__(self, holder: Holder[Head], ring: Ring, embedding: Embedding) -> None:
        self._holder, self._ring, self._embedding = holder, ring, embedding
        self._serving: Serving | None = None
        self._heard: Held = {}
        self._turn = count()
        self.shards_up, self.shards_known = 0, len(ring.addresses)  # as of the last look

    @property
    def version(self) -> str | None:
        return self._serving.head.version if self._serving else None

    def look(self) -> None:
        """Look at what is wanted and what shards hold, and move to another version in one step if need be."""
        if self._serving:
            self._holder.use(self._serving.head.version)
        self._holder.look()
        self.take(self._ring.held())

    def take(self, held: Held) -> None:
        known_now = self._ring.addresses
        self.shards_up, self.shards_known = len(held), len(known_now)
        heads = self._holder.held
        known = {version: len(head.arrays["centroids"]) for version, head in heads.items()}
        version = choose(self.version, self._holder.wanted, known, held)
        if version is None:
            return
        if version != self.version:
            log.info("Serving %s after %s", version, self.version)
        # Who was silent is asked last: a look that comes late is not a shard that is gone.
        silent = {one: said for one, said in self._heard.items() if one in known_now and one not in held}
        self._heard = {**held, **silent}
        shards = heads[version].shards
        self._serving = Serving(heads[version], homes(version, shards, held), homes(version, shards, silent))

    def find(self, text: str, count: int) -> Listed | None:
        """Answer a question; `None` where there is no index. Raises `QueryError`."""
        serving = self._serving
        if serving is None:
            return None
        head, turn = serving.head, next(self._turn)
        asked = understand(head, self._embedding, text)
        questions = [
            (question_for(head, asked, clusters), [*in_turn(living, turn), *silent])
            for clusters, living, silent in zip(head.shards, serving.homes, serving.silent, strict=True)
        ]
        needed = [one for one in questions if one[0].clusters or one[0].rows or one[0].years]
        answers = self._ring.ask(head.version, needed)
        came = [one for one in answers if one is not None]
        return Listed(head, merge(head, asked, came, count), len(came) < len(needed), asked)


def create_gateway(gateway: Gateway, orders: Orders | None = None) -> Flask:
    """Build the service. Who runs it calls `gateway.look` from time to time.

    Without `orders` nobody has an order of their own.
    """
    orders = orders or Orders()
    app = Flask("search.gateway", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_MAX_BYTES
    app.url_map.merge_slashes = False
    app.register_error_handler(HTTPException, _on_error)
    app.extensions[EXTENSION] = app.wsgi_app = HotSearch(app.wsgi_app, gateway)  # type: ignore[method-assign]  # as Flask documents it

    @app.get("/search", provide_automatic_options=False)
    def search() -> Response:
        return answered(gateway, orders, lambda: of_query(dict(request.args.lists())))

    @app.post("/search", provide_automatic_options=False)
    def search_body() -> Response:
        if request.mimetype != "application/json":
            return problem(415, "Send JSON, with `Content-Type: application/json`.")
        return answered(gateway, orders, lambda: of_body(request.get_json()))

    @app.get("/status", provide_automatic_options=False)
    def status() -> Response:
        return jsonify(version=gateway.version)

    @app.get("/openapi.yaml", provide_automatic_options=False)
    def openapi() -> Response:
        return Response(OPENAPI.read_bytes(), content_type="application/yaml")

    return app


def answered(gateway: Gateway, orders: Orders, read: Callable[[], Wish]) -> Response:
    """Answer a wish that is read from the request, or say why it cannot be."""
    try:
        wish = read()
        listed = gateway.find(wish.text, orders.wanted(wish))
    except QueryError as error:
        return problem(400, str(error))
    if listed is None:
        return problem(503, "There is no index yet: run `marquee search build`.")
    g.partial = listed.partial
    found, g.personal = orders.order(wish, listed.head, listed.asked, listed.found)
    personal = g.personal is Outcome.PERSONAL
    body = body_of(listed.head, found, partial=listed.partial, personal=personal)
    answer = Response(body, content_type="application/json")
    answer.headers["X-Index-Version"] = listed.head.version
    return answer


def _on_error(error: HTTPException) -> Response:
    if isinstance(error, InternalServerError):
        detail = "The service failed to answer; the reason is in its log."
    elif isinstance(error, MethodNotAllowed):
        detail = f"This address takes {', '.join(sorted(error.valid_methods or ()))} only."
    elif isinstance(error, NotFound):
        detail = "There is nothing here: GET /openapi.yaml says what this service answers."
    elif isinstance(error, RequestEntityTooLarge):
        detail = f"The body has more than {BODY_MAX_BYTES:,} bytes: ask with fewer words."
    else:
        detail = "The body is no JSON that can be read."
    return problem_of(error, detail)
