"""What the service answers. Each view uses the model its request was given, so that a swap mixes none."""

from pathlib import Path

from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest, HTTPException, NotFound

from app.answers import JSON, SIMILAR, VARY, as_json, json_list, text_list, wants_json
from app.artifact import UnknownGenreError, UnknownMovieError
from app.config import TRACKS
from app.metrics import ServiceMetrics
from app.middleware import LISTED, SERVING
from app.pages.responses import wants_html
from app.pages.views import Pages
from app.parameters import Wish, read_asked_user, read_n, read_shown, read_user, read_wish
from app.problems import on_http_exception, problem, sentence
from app.recent.port import Lists
from app.recommender import Answer, Recommender
from app.scoring.reasons import Why
from app.serving import ServedModel, self_test

OPENAPI = Path(__file__).with_name("openapi.yaml")

# URL rule -> its view and the statuses of its answers (an encoded / makes a user id another address: 404)
SERVED: dict[str, tuple[str, tuple[int, ...]]] = {
    "/": ("index", (200, 400, 503)),
    "/recommend/<user>": ("recommend", (200, 400, 404)),
    "/similar/<movie>": ("similar", (200, 400, 404)),
    "/tracks/<track>": ("tracks", (200, 400, 404, 503)),
    "/popular": ("popular", (200, 400)),
    "/version": ("version", (200,)),
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


def register(app: Flask, metrics: ServiceMetrics, lists: Lists) -> None:
    """Give each rule its view, for GET and so for HEAD, and every error its form."""
    views = Views(metrics, lists)
    for rule, (name, _) in SERVED.items():
        app.add_url_rule(rule, name, getattr(views, name), methods=["GET"], provide_automatic_options=False)
    app.register_error_handler(HTTPException, views.on_error)


class Views:
    """One method for each address."""

    def __init__(self, metrics: ServiceMetrics, lists: Lists) -> None:
        self._metrics = metrics
        self._lists = lists
        self._openapi = OPENAPI.read_bytes()
        self._pages = Pages(lists)

    def index(self) -> Response:
        """Show a person the front page, and tell a program which addresses there are."""
        user = read_asked_user()
        if wants_html(request.environ.get("HTTP_ACCEPT")):
            return self._pages.front(request.environ[SERVING], user)
        addresses = [rule.replace("<", "{").replace(">", "}") for rule in SERVED]
        body = as_json({"description": "/openapi.yaml", "addresses": addresses})
        return Response(body, 200, VARY, content_type=JSON)

    def recommend(self, user: str) -> Response:
        """Answer with a list for a user, a popular one for users whom the model does not know."""
        environ = request.environ
        serving: ServedModel = environ[SERVING]
        user_id, wish = read_user(user), read_wish(environ["QUERY_STRING"])
        try:
            answer = self._lists.recommend(serving.recommender, user_id, wish.n, wish.exclude, wish.genre)
        except UnknownGenreError:
            raise _no_such_genre(serving.recommender, wish) from None
        self._metrics.count_recommendation(answer.source)
        environ[LISTED] = (answer.source, answer.rows)
        if wants_json(environ.get("HTTP_ACCEPT")):
            reasons = self._lists.reasons(serving.recommender, user_id, answer)
            response = _with_scores(serving, user, user_id, answer, reasons)
        else:
            response = text_list(serving, answer.rows, answer.source)
        response.headers.extend(self._lists.age.fields)
        return response

    def popular(self) -> Response:
        environ = request.environ
        serving: ServedModel = environ[SERVING]
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
        serving: ServedModel = environ[SERVING]
        n = read_n()
        try:
            rows, scores = serving.recommender.similar(movie, n)
        except UnknownMovieError:
            raise NotFound(f"The model has no movie {movie[:200]!r}.") from None
        if wants_html(environ.get("HTTP_ACCEPT")):
            return self._pages.similar(serving, movie, rows)
        if not wants_json(environ.get("HTTP_ACCEPT")):
            return text_list(serving, rows, SIMILAR)
        return json_list(serving, rows, scores.tolist(), SIMILAR, {"movie": movie})

    def tracks(self, track: str) -> Response:
        """Show a person the list of this track beside the one that was shown, whatever is accepted."""
        if track not in TRACKS:
            raise NotFound(f"There is no track {track[:40]!r}, only {' and '.join(TRACKS)}.")
        return self._pages.tracks(request.environ[SERVING], track, read_asked_user(), read_shown())

    def version(self) -> Response:
        """Say where the answers come from: model, data, code of the training and of the service."""
        serving: ServedModel = request.environ[SERVING]
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
        if (status := self._lists.status) is not None:
            found["recent"] = status
        return Response(as_json(found), content_type=JSON)

    def live(self) -> Response:
        return Response(as_json({"status": "live"}), content_type=JSON)

    def ready(self) -> Response:
        """Ask the model each time: an instance is ready when it answers, not because it once did."""
        serving: ServedModel = request.environ[SERVING]
        if reason := self_test(serving.recommender):
            return problem(503, f"The model failed its self-test, {reason}.")
        return Response(as_json({"status": "ready"}), content_type=JSON)

    def render_metrics(self) -> Response:
        body, content_type = self._metrics.render()
        return Response(body + self._lists.series(), content_type=content_type)

    def openapi(self) -> Response:
        return Response(self._openapi, content_type="application/yaml")

    def style(self) -> Response:
        return self._pages.style()

    def on_error(self, error: HTTPException) -> Response:
        """Turn what was raised into a problem, or into a page where one was asked for."""
        rule, environ = request.url_rule, request.environ
        if rule and rule.rule in PAGES and wants_html(environ.get("HTTP_ACCEPT")):
            return self._pages.error(environ[SERVING], error.code or 500, sentence(error))
        return on_http_exception(error)


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
