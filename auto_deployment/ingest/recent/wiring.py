"""Puts the telling together, where there is somebody to tell."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import pyarrow as pa
from prometheus_client import CollectorRegistry

from auto_deployment.config.recent import RecentSettings
from auto_deployment.dataset.corrections.wishes import wishes
from auto_deployment.dataset.events import Event
from auto_deployment.dataset.schema import SegmentError
from auto_deployment.dataset.segments import Segment
from auto_deployment.ingest.recent.again import events_of, newest_of
from auto_deployment.ingest.recent.choose import RecentChoice
from auto_deployment.ingest.recent.sender import RecentSender, SenderMetrics
from auto_deployment.ingest.recent.sinks import FileSink, RedisSink, Sink

log = logging.getLogger(__name__)

Heard = Callable[[Event], None]


@contextmanager
def telling(
    settings: RecentSettings, choice: RecentChoice, segments: Sequence[Segment], registry: CollectorRegistry
) -> Iterator[Heard | None]:
    """Yield what is to be called with each event that was taken; None where nobody is told."""
    sink = sink_of(settings)
    if sink is None:
        yield None
        return
    sender = RecentSender(choice, sink, SenderMetrics(registry))
    newest, stop = newest_of(segments), threading.Event()
    before = partial(_tell_again, sender, newest, stop)
    thread = threading.Thread(target=sender.run, args=(stop, before), name="recent", daemon=True)
    thread.start()
    try:
        yield sender.heard
    finally:
        stop.set()
        thread.join()


def _tell_again(sender: RecentSender, newest: Sequence[Segment], stop: threading.Event) -> None:
    """Tell what segments hold, beside the loop: a large one takes seconds."""
    for segment in newest:
        try:
            until = {wish.user_id: wish.until for wish in wishes(segment.path.parent)}  # the last one counts
            for event in events_of(segment):
                if stop.is_set():
                    return
                if event.user_id not in until or event.time > until[event.user_id]:
                    sender.heard(event)
        except (OSError, pa.ArrowException, SegmentError) as error:
            log.warning("%s is not told again: %s", segment.path.name, error)


def sink_of(settings: RecentSettings) -> Sink | None:
    """Return where the settings say that recent events go; None where nobody follows them."""
    if settings.redis_url:
        return RedisSink(settings.redis_url, settings.redis_password)
    return FileSink(settings.file) if settings.file else None
