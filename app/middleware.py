"""The outermost layer of the application: every answer passes here, whatever made it."""

from collections.abc import Callable, Iterable
from time import perf_counter, time
from typing import TYPE_CHECKING, Any

from app import hot_route
from app.impressions.log import ImpressionLog, Shown
from app.metrics import ServiceMetrics
from app.parameters import is_user
from app.recent.port import Lists
from app.serving import ModelSlot, ServedModel

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SERVING = "marquee.serving"  # the model that the request is for; None where that is missing
REQUEST_ID = "HTTP_X_REQUEST_ID"  # NGINX gives each request one
LISTED = "marquee.listed"  # source and rows of a user's list, from the view


class RequestMiddleware:
    """Gives each request one model, and each answer the names of that model and its place in the metrics."""

    def __init__(
        self,
        application: "WSGIApplication",
        slot: ModelSlot,
        metrics: ServiceMetrics,
        lists: Lists,
        impressions: ImpressionLog | None = None,
    ) -> None:
        self._application = application
        self._slot = slot
        self._metrics = metrics
        self._impressions = impressions
        self._hot = hot_route.HotRoute(lists)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        started = perf_counter()
        serving = self._slot.current
        if serving is not None and (user := hot_route.user_of(environ)) is not None:
            try:
                source, body, headers = self._hot.listed(serving, user)
            except Exception:  # Flask meets it again below, logs it and answers in its form
                return self._through_flask(environ, start_response, serving, started)
            self._metrics.count_recommendation(source)
            seconds = perf_counter() - started
            self._metrics.count_answer("GET", hot_route.RULE, "200", seconds)
            if self._impressions is not None:
                asked = environ.get(REQUEST_ID)
                self._impressions.note(Shown(time(), asked, user, serving, source, body, 200, seconds))
            start_response(hot_route.OK, headers)
            return [body]
        return self._through_flask(environ, start_response, serving, started)

    def _through_flask(
        self,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
        serving: ServedModel | None,
        started: float,
    ) -> Iterable[bytes]:
        environ[SERVING] = serving  # or what `app.models.chosen` puts there

        def start(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            # Here Flask's request is still there; afterwards it is gone.
            rule = environ["werkzeug.request"].url_rule
            seconds = perf_counter() - started
            self._metrics.count_answer(environ["REQUEST_METHOD"], rule and rule.rule, status[:3], seconds)
            asked: ServedModel | None = environ[SERVING]
            if asked is not None:
                listed = LISTED in environ or (rule and rule.rule == hot_route.RULE)
                if self._impressions is not None and listed:
                    self._note(self._impressions, environ, asked, int(status[:3]), seconds)
                headers.extend(asked.headers)
            return start_response(status, headers, exc_info)

        return self._application(environ, start)

    def _note(
        self,
        impressions: ImpressionLog,
        environ: "WSGIEnvironment",
        serving: ServedModel,
        status: int,
        seconds: float,
    ) -> None:
        """Note what Flask answered to a request for a user's list, where a user was named."""
        user = environ["werkzeug.request"].view_args["user"]
        if environ["REQUEST_METHOD"] != "GET" or not is_user(user):
            return
        source, rows = environ.get(LISTED, ("", ()))
        movies = serving.recommender.line_of(rows)
        asked = environ.get(REQUEST_ID)
        impressions.note(Shown(time(), asked, user, serving, source, movies, status, seconds))
