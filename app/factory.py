"""Wires the application together."""

from dataclasses import dataclass

from flask import Flask

from app.config import Settings
from app.metrics import ServiceMetrics
from app.middleware import RequestMiddleware
from app.recommender import Recommender
from app.routes import SERVED, register
from app.serving import ModelSlot

EXTENSION = "marquee"


@dataclass(frozen=True, slots=True)
class ServiceParts:
    """The parts of an application that its worker process needs."""

    settings: Settings
    slot: ModelSlot
    metrics: ServiceMetrics


def build(settings: Settings, recommender: Recommender | None) -> Flask:
    """Return the application; `instance_of` finds its parts."""
    slot = ModelSlot(settings, recommender)
    metrics = ServiceMetrics(settings, {rule: statuses for rule, (_, statuses) in SERVED.items()})
    app = Flask("app", static_folder=None)
    app.url_map.merge_slashes = False  # an address with // is unknown, not moved
    register(app, metrics)
    app.wsgi_app = RequestMiddleware(app.wsgi_app, slot, metrics)  # type: ignore[method-assign]  # as Flask documents it
    app.extensions[EXTENSION] = ServiceParts(settings, slot, metrics)
    if settings.metrics_dir is None:
        metrics.show_model(slot.current)
    return app


def instance_of(app: Flask) -> ServiceParts:
    """Return the parts of an application made by `build`."""
    instance: ServiceParts = app.extensions[EXTENSION]
    return instance
