"""Looks for a new model while the service runs."""

import logging
import threading

from app.factory import ServiceParts

log = logging.getLogger(__name__)


def start(instance: ServiceParts) -> threading.Thread | None:
    """Start the look-out of this process; None when `MODEL_POLL_S` is 0."""
    if not instance.settings.model_poll_s:
        return None
    thread = threading.Thread(target=run, args=(instance, threading.Event()), name="watch", daemon=True)
    thread.start()
    return thread


def run(instance: ServiceParts, stop: threading.Event) -> None:
    """Look until told to stop; the first time at once, as this process may be younger than the model."""
    while not stop.is_set():
        try:
            step(instance)
        except Exception:
            log.exception("Looking for a new model failed")
        stop.wait(instance.settings.model_poll_s)


def step(instance: ServiceParts) -> None:
    """Look once, and count what became of a new model."""
    outcome = instance.slot.refresh()
    if outcome is None:
        return
    instance.metrics.count_load(outcome)
    instance.metrics.show_model(instance.slot.current)
