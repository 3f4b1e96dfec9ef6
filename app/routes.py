"""What the service answers. Each view uses the model its request was given, so that a swap mixes none."""

from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest, HTTPException, NotFound

from app.answers import JSON, SIMILAR, VARY, as_json, json_list, text_list, wants_json
from app.artifact import UnknownGenreError, UnknownMovieError
from app.config import TRACKS
from app.metrics import ServiceMetrics
from app.middleware import LISTED, SERVING
from app.models.chosen import MODEL, Chooser, is_named
from app.models.named import Models, NamedModel
from app.pages.responses import wants_html
from app.pages.search import Search
from app.pages.views import Pages
from app.parameters import (
    Wish,
    read_asked_user,
    read_n,
    read_scored,
    read_shown,
    read_user,
    read_wish,
    read_words,
)
from app.problems import on_http_exception, problem, sentence
from app.recommender import Answer, Recommender
from app.scoring.reasons import Why
from app.serving import ServedModel

OPENAPI = Path(__file__).with_name("openapi.yaml")

# URL rule -> its view and the statuses of its answers (an encoded / makes a user id another address: 404)
OF_ONE_MODEL: dict[str, tuple[str, tuple[int, ...]]] = {
    "/recommend/<user>": ("recommend", (200, 400, 404, 503)),
    "/similar/<movie>": ("similar", (200, 400, 404, 503)),
    "/popular": ("popular", (200, 400, 503)),
    "/version": ("version", (200, 503)),
}
NAMED = "named_"  # the same view, of the model that the address names
SERVED: dict[str, tuple[str, tuple[int, ...]]] = {
    "/": ("index", (200, 400, 503)),
    **OF_ONE_MODEL,
    **{
        f"/models/<{MODEL}>{rule}": (NAMED + name, tuple(sorted({*statuses, 404})))
        for rule, (name, statuses) in OF_ONE_MODEL.items()
    },
    "/models": ("models", (200,)),
    "/score/<user>": ("score", (200, 400, 404, 503)),
    "/tracks/<track>": ("tracks", (200, 400, 404, 503)),
    "/health/live": ("live", (200,)),
    "/health/ready": ("ready", (200, 503)),
    "/metrics": ("render_metrics", (200,)),
    "/openapi.yaml": ("openapi", (200,)),
    "/style.css": ("style", (200,)),
}
PAGES = (
    "/",
    "/similar/<movie>",
    "/tracks/<track>",
)  # these are HTML for those who prefer it, their errors too


def register(app: Flask, metrics: ServiceMetrics, models: Models, search: Search | None = None) -> None:
    """Give each rule its view, for GET and so for HEAD, and every error its form."""
    chooser = Chooser(models)
    views = Views(metrics, models, chooser, search)
    for rule, (name, _) in SERVED.items():
        view = getattr(views, name.removeprefix(NAMED))
        app.add_url_rule(rule, name, view, methods=["GET"], provide_automatic_options=False)
    app.url_value_preprocessor(chooser.choose)
    app.register_error_handler(HTTPException, views.on_error)


class Views:
    """One method for each address."""

    def __init__(
        self, metrics: ServiceMetrics, models: Models, chooser: Chooser, search: Search | None
    ) -> None:
        self._metrics = metrics
        self._models = models
        self._chooser = chooser
        self._openapi = OPENAPI.read_bytes()
        self._pages = Pages(models.first.lists, search)

    def index(self) -> Response:
        """Show a person the front page, and tell a program which addresses there are."""
        user, words = read_asked_user(), read_words()
        if wants_html(request.environ.get("HTTP_ACCEPT")):
            found = self._pages.found(self._serving(), words, user) if words else None
            return found or self._pages.front(self._serving(), user)
        addresses = [rule.replace("<", "{").replace(">", "}") for rule in SERVED]
        body = as_json({"description": "/openapi.yaml", "addresses": addresses})
        return Response(body, 200, VARY, content_type=JSON)

    def recommend(self, user: str) -> Response:
        """Answer with a list for a user, a popular one for users whom the model does not know."""
        environ = request.environ
        serving, lists = self._chooser.serving(environ), self._chooser.lists(environ)
        user_id, wish = read_user(user), read_wish(environ["QUERY_STRING"])
        try:
            answer = lists.recommend(serving.recommender, user_id, wish.n, wish.exclude, wish.genre)
        except UnknownGenreError:
            raise _no_such_genre(serving.recommender, wish) from None
        self._metrics.count_named(serving.name, answer.source)
        environ[LISTED] = (answer.source, answer.rows)
        if wants_json(environ.get("HTTP_ACCEPT")):
            reasons = lists.reasons(serving.recommender, user_id, answer)
            response = _with_scores(serving, user, user_id, answer, reasons)
        else:
            response = text_list(serving, answer.rows, answer.source)
        response.headers.extend(lists.age.fields)
        return response

    def popular(self) -> Response:
        environ = request.environ
        serving = self._serving()
        wish = read_wish(environ["QUERY_STRING"])
        try:
            answer = serving.recommender.popular(wish.n, wish.exclude, wish.genre)
        except UnknownGenreError:
            raise _no_such_genre(serving.recommender, wish) from None
        if not wants_json(environ.get("HTTP_ACCEPT")):
            return text_list(serving, answer.rows, answer.source)
        scores = serving.recommender.score_rows(None, answer.rows)
        return json_list(serving, answer.rows, scores, answer.source, {})

    def similar(self, movie: str) -> Response:
        environ = request.environ
        serving = self._serving()
        n = read_n()
        try:
            rows, scores = serving.recommender.similar(movie, n)
        except UnknownMovieError:
            raise NotFound(f"The model has no movie {movie[:200]!r}.") from None
        if wants_html(environ.get("HTTP_ACCEPT")) and not is_named(environ):
            return self._pages.similar(serving, movie, rows)
        if not wants_json(environ.get("HTTP_ACCEPT")):
            return text_list(serving, rows, SIMILAR)
        return json_list(serving, rows, scores.tolist(), SIMILAR, {"movie": movie})

    def score(self, user: str) -> Response:
        """Say what a user's list would order some movies by, for who orders them otherwise, too.

        Movies that the user has seen have a score, those that the model does not know have null.
        """
        serving, lists = self._serving(), self._models.first.lists
        recommender, user_id, movies = serving.recommender, read_user(user), read_scored()
        rows = recommender.rows_of(movies)
        known = lists.scores(recommender, user_id, [row for row in rows if row >= 0])
        found = iter(known or ())
        scores = None if known is None else [next(found) if row >= 0 else None for row in rows]
        said = {"model_version": recommender.model.version, "personal": known is not None, "scores": scores}
        return Response(as_json(said), content_type=JSON)

    def tracks(self, track: str) -> Response:
        """Show a person the list of this track beside the one that was shown, whatever is accepted."""
        if track not in TRACKS:
            raise NotFound(f"There is no track {track[:40]!r}, only {' and '.join(TRACKS)}.")
        return self._pages.tracks(self._serving(), track, read_asked_user(), read_shown())

    def version(self) -> Response:
        """Say where the answers come from: model, data, code of the training and of the service."""
        environ = request.environ
        serving, lists = self._chooser.serving(environ), self._chooser.lists(environ)
        manifest = serving.recommender.model.manifest
        data = manifest.get("data")
        found = {
            **serving.labels(),
            "content_hash": serving.recommender.model.content_hash,
            "data_hash": data.get("hash") if isinstance(data, dict) else None,
            "trained_at": manifest.get("created_at"),
            "trained_by": manifest.get("code_revision"),
            "genres": list(serving.recommender.model.movies.genres),
            "metrics": manifest.get("metrics"),
        }
        if (status := lists.status) is not None:
            found["recent"] = status
        return Response(as_json(found), content_type=JSON)

    def models(self) -> Response:
        """Say which models there are, in their order; each is asked for its lists first."""
        return Response(as_json({"models": [_shown(one) for one in self._models]}), content_type=JSON)

    def live(self) -> Response:
        return Response(as_json({"status": "live"}), content_type=JSON)

    def ready(self) -> Response:
        """Ask the models each time: an instance is ready when one answers, not because it once did.

        One of several that does not must not keep users from the others.
        """
        complaints = [model.complaint() for model in self._models]
        if complaint := all(complaints) and complaints[0]:
            return problem(503, complaint)
        return Response(as_json({"status": "ready"}), content_type=JSON)

    def render_metrics(self) -> Response:
        body, content_type = self._metrics.render()
        return Response(body + self._models.first.lists.series(), content_type=content_type)

    def openapi(self) -> Response:
        return Response(self._openapi, content_type="application/yaml")

    def style(self) -> Response:
        return self._pages.style()

    def on_error(self, error: HTTPException) -> Response:
        """Turn what was raised into a problem, or into a page where one was asked for."""
        rule, environ = request.url_rule, request.environ
        serving: ServedModel | None = environ[SERVING]
        if serving and rule and rule.rule in PAGES and wants_html(environ.get("HTTP_ACCEPT")):
            return self._pages.error(serving, error.code or 500, sentence(error))
        return on_http_exception(error)

    def _serving(self) -> ServedModel:
        return self._chooser.serving(request.environ)


def _shown(model: NamedModel) -> dict[str, Any]:
    serving = model.slot.current
    version = serving and serving.recommender.model.version
    return {"name": model.name, "model_version": version, "ready": model.complaint() is None}


def _with_scores(
    serving: ServedModel, user: str, user_id: int, answer: Answer, reasons: list[Why] | None
) -> Response:
    recommender = serving.recommender
    row = recommender.user_row(user_id)
    scores = answer.scores
    if scores is None:
        scores = recommender.score_rows(row, answer.rows)
    subject = {"user": user.lstrip("0") or "0"}
    return json_list(serving, answer.rows, scores, answer.source, subject, reasons)


def _no_such_genre(recommender: Recommender, wish: Wish) -> BadRequest:
    genres = ", ".join(recommender.model.movies.genres)
    return BadRequest(f"No movie has the genre {(wish.genre or '')[:60]!r}; there are {genres}.")
