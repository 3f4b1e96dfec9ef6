"""What each worker does beside answering: looks for a new model and recent events, carries counts over."""

import logging
import threading
from collections.abc import Callable

from app.factory import ServiceParts

COUNTS_S = 1.0
IMPRESSIONS_S = 0.2  # what a worker that is killed takes with it
RECENT_S = 1.0

log = logging.getLogger(__name__)


def start(instance: ServiceParts) -> None:
    """Start them in this process; without the look-out when `MODEL_POLL_S` is 0."""
    start_one("counts", instance.metrics.flush, COUNTS_S)
    if instance.impressions is not None:
        start_one("impressions", instance.impressions.write, IMPRESSIONS_S)
    if instance.settings.model_poll_s:
        # The first time at once, as this process may be younger than the model.
        start_one("watch", lambda: look(instance), instance.settings.model_poll_s)
    if instance.settings.recent_dir is not None:
        start_one("recent", instance.models.refresh_lists, RECENT_S)


def start_one(name: str, step: Callable[[], object], every_s: float) -> None:
    """Repeat a step in a thread of this process for as long as it lives."""
    threading.Thread(target=repeat, args=(step, every_s, threading.Event()), name=name, daemon=True).start()


def repeat(step: Callable[[], object], every_s: float, stop: threading.Event) -> None:
    """Do a step, whatever became of the one before, until told to stop."""
    while not stop.is_set():
        try:
            step()
        except Exception:
            log.exception("The thread %s failed and goes on", threading.current_thread().name)
        stop.wait(every_s)


def look(instance: ServiceParts) -> None:
    """Look once for new models, and count what became of them."""
    slots = [model.slot for model in instance.models]
    for slot in slots:
        outcome = slot.refresh()
        if outcome is not None:
            instance.metrics.count_load(outcome, slot.name)
            instance.metrics.show_models(slots)
