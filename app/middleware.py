"""The outermost layer of the application: every answer passes here, whatever made it."""

from collections.abc import Callable, Iterable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from app import hot_route
from app.metrics import ServiceMetrics
from app.serving import ModelSlot, ServedModel

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SERVING = "marquee.serving"


class RequestMiddleware:
    """Gives each request one model, and each answer the names of that model and its place in the metrics."""

    def __init__(self, application: "WSGIApplication", slot: ModelSlot, metrics: ServiceMetrics) -> None:
        self._application = application
        self._slot = slot
        self._metrics = metrics
        self._hot = hot_route.HotRoute()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        started = perf_counter()
        serving = self._slot.current
        if (user := hot_route.user_of(environ)) is not None:
            try:
                source, body, headers = self._hot.listed(serving, user)
            except Exception:  # Flask meets it again below, logs it and answers in its form
                return self._through_flask(environ, start_response, serving, started)
            self._metrics.count_recommendation(source)
            self._metrics.count_answer("GET", hot_route.RULE, "200", perf_counter() - started)
            start_response(hot_route.OK, headers)
            return [body]
        return self._through_flask(environ, start_response, serving, started)

    def _through_flask(
        self,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
        serving: ServedModel,
        started: float,
    ) -> Iterable[bytes]:
        environ[SERVING] = serving

        def start(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            # Here Flask's request is still there; afterwards it is gone.
            rule = environ["werkzeug.request"].url_rule
            self._metrics.count_answer(
                environ["REQUEST_METHOD"], rule and rule.rule, status[:3], perf_counter() - started
            )
            headers.extend(serving.headers)
            return start_response(status, headers, exc_info)

        return self._application(environ, start)
