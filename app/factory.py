"""Wires the application together."""

from dataclasses import dataclass

from flask import Flask
from jinja2 import StrictUndefined

from app.config import LOG, Settings
from app.impressions.files import WorkerFiles
from app.impressions.log import ImpressionLog
from app.metrics import ServiceMetrics
from app.middleware import RequestMiddleware
from app.models.named import Models, open_slots
from app.pages.search import Search
from app.recent.cached import CachedLists
from app.recent.port import Lists, ModelLists
from app.recommender import Recommender
from app.routes import SERVED, register
from app.serving import ModelSlot

EXTENSION = "marquee"


@dataclass(frozen=True, slots=True)
class ServiceParts:
    """The parts of an application that its worker process needs."""

    settings: Settings
    models: Models
    metrics: ServiceMetrics
    impressions: ImpressionLog | None = None  # None: off, and so free of charge

    @property
    def slot(self) -> ModelSlot:
        """The first model's, which is meant where no other is named."""
        return self.models.first.slot

    @property
    def lists(self) -> Lists:
        return self.models.first.lists


def build(settings: Settings, recommender: Recommender | None) -> Flask:
    """Return the application; `instance_of` finds its parts."""
    slots = open_slots(settings, recommender)
    metrics = ServiceMetrics(settings, {rule: statuses for rule, (_, statuses) in SERVED.items()})
    app = Flask("app", static_folder=None, template_folder="pages/templates")
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for name in app.jinja_env.list_templates():  # once, before workers are forked: nobody waits for it
        app.jinja_env.get_template(name)
    app.url_map.merge_slashes = False  # an address with // is unknown, not moved
    models = Models(slots, lists_of(settings, metrics, len(slots)))
    register(app, metrics, models, Search(settings.search) if settings.search else None)
    impressions = impressions_of(settings, metrics)
    first = models.first
    app.wsgi_app = RequestMiddleware(app.wsgi_app, first.slot, metrics, first.lists, impressions)  # type: ignore[method-assign]  # as Flask documents it
    app.extensions[EXTENSION] = ServiceParts(settings, models, metrics, impressions)
    if settings.metrics_dir is None:
        metrics.show_models(slots)
    return app


def instance_of(app: Flask) -> ServiceParts:
    """Return the parts of an application made by `build`."""
    instance: ServiceParts = app.extensions[EXTENSION]
    return instance


def impressions_of(settings: Settings, metrics: ServiceMetrics) -> ImpressionLog | None:
    """Return what writes down what is shown, None where nothing shall."""
    if settings.impressions != LOG or settings.impressions_dir is None:
        return None
    max_bytes = settings.impressions_max_mb * 1_000_000
    files = WorkerFiles(settings.impressions_dir, max_bytes, settings.impressions_files)
    return ImpressionLog(files, metrics.count_impressions)


def lists_of(settings: Settings, metrics: ServiceMetrics, models: int = 1) -> list[Lists]:
    """Return where lists come from, as the settings say, for each of several models.

    Each has its own, as they remember their model; all read one store of recent events, which a process can
    open once.
    """
    lists: list[Lists] = [ModelLists() for _ in range(models)]
    if settings.recent_dir is not None:
        from app.recent.lists import RecentLists
        from app.recent.reader import RecentReader

        reader = RecentReader(settings.recent_dir)
        lists = [RecentLists(reader) for _ in range(models)]
    if not settings.list_cache:
        return lists
    return [CachedLists(one, settings.list_cache, metrics.count_cached) for one in lists]
