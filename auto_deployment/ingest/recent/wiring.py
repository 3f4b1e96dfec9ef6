"""Puts the telling together, where there is somebody to tell."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import pyarrow as pa
from prometheus_client import CollectorRegistry

from app.recent.events import Forgotten
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
    forgotten = partial(_forgotten, segments)
    sender = RecentSender(choice, sink, SenderMetrics(registry), forgotten=forgotten)
    newest, stop = newest_of(segments), threading.Event()
    before = partial(_tell_again, sender, newest, forgotten, stop)
    thread = threading.Thread(target=sender.run, args=(stop, before), name="recent", daemon=True)
    thread.start()
    try:
        yield sender.heard
    finally:
        stop.set()
        thread.join()


def _forgotten(segments: Sequence[Segment]) -> list[Forgotten]:
    """Return whose events do not count, and up to when: the last wish of each."""
    folders = {segment.path.parent for segment in segments}
    try:
        last = {wish.user_id: wish.until for folder in folders for wish in wishes(folder)}
    except (OSError, pa.ArrowException, SegmentError) as error:
        log.warning("Who was forgotten is not told again: %s", error)
        return []
    return [Forgotten(int(until.timestamp()), user_id) for user_id, until in last.items()]


def _tell_again(
    sender: RecentSender,
    newest: Sequence[Segment],
    forgotten: Callable[[], Sequence[Forgotten]],
    stop: threading.Event,
) -> None:
    """Tell who was forgotten and what segments hold, beside the loop: a large one takes seconds."""
    wished = forgotten()
    until_s = {one.user_id: one.time_s for one in wished}
    for one in wished:
        sender.tell(one)
    for segment in newest:
        try:
            for event in events_of(segment):
                if stop.is_set():
                    return
                if event.time.timestamp() > until_s.get(event.user_id, -1):
                    sender.heard(event)
        except (OSError, pa.ArrowException, SegmentError) as error:
            log.warning("%s is not told again: %s", segment.path.name, error)


def sink_of(settings: RecentSettings) -> Sink | None:
    """Return where the settings say that recent events go; None where nobody follows them."""
    if settings.redis_url:
        return RedisSink(settings.redis_url, settings.redis_password)
    return FileSink(settings.file) if settings.file else None
