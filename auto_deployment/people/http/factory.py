"""Wires the application together: rules, access, problems, and one line of log for each answer."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from auto_deployment.dataset.corrections.look import Scale
from auto_deployment.errors import BadInputError
from auto_deployment.host.locks import BusyError
from auto_deployment.paths import Paths
from auto_deployment.people.http.bodies import MAX_BODY
from auto_deployment.people.http.event_views import EventViews
from auto_deployment.people.http.person_views import PersonViews
from auto_deployment.people.places import Place
from auto_deployment.people.refusals import ContradictionError, NotThereError
from auto_deployment.web.access import Access
from auto_deployment.web.door import GuardedApp, description, guard, live
from auto_deployment.web.problems import Statuses, register_problems

OPENAPI = Path(__file__).with_name("openapi.yaml")
ASKS = "Send `Authorization: Bearer TOKEN` with the token of the file that EVENTS_TOKEN_FILE names."
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
STATUS: Statuses = (
    (NotThereError, 404),
    (ContradictionError, 409),
    (BadInputError, 422),
    (BusyError, 503),
)


@dataclass(frozen=True, slots=True)
class Service:
    """What the application works on; `clock` is in seconds, for how long wrong tokens have to wait."""

    paths: Paths
    scale: Scale
    token: str
    places: Callable[[], Sequence[Place]]
    every_place: Callable[[], Sequence[Place]]
    clock: Callable[[], float] = time.monotonic


def build(service: Service) -> Flask:
    """Return the application; it reads nothing before the first request."""
    app = GuardedApp("events", MAX_BODY)
    events = EventViews(service.paths, service.scale)
    person = PersonViews(service.paths, service.scale, service.places, service.every_place)
    own = {"live": live, "openapi": lambda: description(OPENAPI)}
    for rule, method, name in RULES:
        view = own.get(name) or getattr(events, name, None) or getattr(person, name)
        app.add_url_rule(rule, name, view, methods=[method], provide_automatic_options=False)
    register_problems(app, STATUS, "send one event at a time")
    guard(app, Access(service.token, service.clock, ASKS))
    return app
