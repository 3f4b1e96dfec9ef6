"""Wires the application together: rules, access, problems, and one line of log for each answer."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, jsonify, request

from app.problems import problem
from auto_deployment.dataset.corrections.look import Scale
from auto_deployment.paths import Paths
from auto_deployment.people.http.bodies import MAX_BODY
from auto_deployment.people.http.event_views import EventViews
from auto_deployment.people.http.person_views import PersonViews
from auto_deployment.people.http.problems import register_problems
from auto_deployment.people.places import Place
from auto_deployment.web.access import Access, bearer

OPENAPI = Path(__file__).with_name("openapi.yaml")
ASKS = "Send `Authorization: Bearer TOKEN` with the token of the file that EVENTS_TOKEN_FILE names."
OPEN_TO_ALL = ("live", "openapi")
_EVENT = "/users/<user>/events/<kind>/<path:movie_id>/<time>"
# The rule, the verb, and the view, which is the operation's name in the description too.
RULES = (
    ("/users/<user>/events", "GET", "list_events"),
    ("/users/<user>/events", "POST", "add_event"),
    (_EVENT, "GET", "get_event"),
    (_EVENT, "PUT", "correct_event"),
    (_EVENT, "DELETE", "remove_event"),
    ("/users/<user>/report", "GET", "report"),
    ("/forgotten", "GET", "list_forgotten"),
    ("/forgotten/<user>", "GET", "forgotten"),
    ("/forgotten/<user>", "PUT", "forget"),
    ("/health/live", "GET", "live"),
    ("/openapi.yaml", "GET", "openapi"),
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Service:
    """What the application works on; `clock` is in seconds, for how long wrong tokens have to wait."""

    paths: Paths
    scale: Scale
    token: str
    places: Callable[[], Sequence[Place]]
    every_place: Callable[[], Sequence[Place]]
    clock: Callable[[], float] = time.monotonic


class EventsApp(Flask):
    """Flask, which would log the address of a request that failed: that has the user's number."""

    def log_exception(self, exc_info: Any) -> None:
        log.error("%s %s failed", request.method, _rule(), exc_info=exc_info)


def build(service: Service) -> Flask:
    """Return the application; it reads nothing before the first request."""
    app = EventsApp("events", static_folder=None)
    app.url_map.merge_slashes = False
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of the provider that Flask has by default
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    events = EventViews(service.paths, service.scale)
    person = PersonViews(service.paths, service.scale, service.places, service.every_place)
    own = {"live": _live, "openapi": _openapi}
    for rule, method, name in RULES:
        view = own.get(name) or getattr(events, name, None) or getattr(person, name)
        app.add_url_rule(rule, name, view, methods=[method], provide_automatic_options=False)
    register_problems(app)
    _guard(app, Access(service.token, service.clock, ASKS))
    app.after_request(_log)
    return app


def _guard(app: Flask, access: Access) -> None:
    def guard() -> Response | None:
        g.began_s = time.perf_counter()
        if request.endpoint in OPEN_TO_ALL:
            return None
        refused = access.refusal(request.remote_addr or "", bearer(request.headers.get("Authorization")))
        if refused is None:
            return None
        response = problem(refused.status, refused.detail)
        response.headers.update(refused.headers)
        return response

    app.before_request(guard)


def _log(response: Response) -> Response:
    """Say what was asked by its rule: the address itself has the user's number."""
    response.headers["Cache-Control"] = "no-store"
    if request.endpoint != "live":
        took_ms = (time.perf_counter() - g.began_s) * 1000
        log.info("%s %s %d %.0f ms", request.method, _rule(), response.status_code, took_ms)
    return response


def _rule() -> str:
    return request.url_rule.rule if request.url_rule else "-"


def _live() -> Response:
    return jsonify({"status": "live"})


def _openapi() -> Response:
    return Response(OPENAPI.read_bytes(), content_type="application/yaml")
