"""The one place that puts a listening process together: stream, loop, metrics, lookups."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from auto_deployment.config import Settings
from auto_deployment.dataset.segments import list_segments
from auto_deployment.errors import BadInputError, MarqueeError
from auto_deployment.host.locks import only_one
from auto_deployment.host.signals import Stop
from auto_deployment.ingest.after_batch import BatchContext, UsualAfterBatch
from auto_deployment.ingest.consumer import KafkaStream
from auto_deployment.ingest.drift.profile import Profile
from auto_deployment.ingest.file_stream import FileStream
from auto_deployment.ingest.health import Health, serve
from auto_deployment.ingest.listener import Clocks, Listener, Telemetry
from auto_deployment.ingest.metrics import IngestMetrics
from auto_deployment.ingest.params import IngestParams
from auto_deployment.ingest.platform.api import PlatformApi
from auto_deployment.ingest.platform.lookup import PlatformLookup
from auto_deployment.ingest.platform.movie_ids import CatalogueReader
from auto_deployment.ingest.positions import (
    Broker,
    Stored,
    StreamChangedError,
    StreamStart,
    find_start,
    start_generation,
)
from auto_deployment.ingest.recent.choose import RecentChoice
from auto_deployment.ingest.recent.followed import followed
from auto_deployment.ingest.recent.lengths import FinishedAfter
from auto_deployment.ingest.recent.wiring import telling
from auto_deployment.ingest.recovery import read_stored, recover
from auto_deployment.ingest.sort_lines import sort_lines
from auto_deployment.ingest.stored_scales import StoredScales
from auto_deployment.ingest.stream import Stream
from auto_deployment.paths import Paths

log = logging.getLogger(__name__)

_LINES_TO_LOOK_AT = 10_000
_PATIENCE_S = 60.0  # of `--once` with a broker that does not answer


class NothingReadError(MarqueeError):
    """The stream could not be reached in the time that there was."""


@dataclass(frozen=True, slots=True)
class ListenOptions:
    """What is asked for on the command line. Without `once` and `minutes` it goes on until it is stopped."""

    once: bool = False
    minutes: float | None = None
    file: Path | None = None
    new_generation: Mapping[int, int] | None = None


def listen(
    settings: Settings, params: IngestParams, request: ListenOptions, stop: Stop, clocks: Clocks | None = None
) -> None:
    """Turn the stream into segments until told to stop or done.

    Raises `BusyError` when another process does this on the same data directory, `StreamChangedError`,
    `NothingReadError`, and what `recover` and the settings raise.
    """
    paths = Paths(settings.data_dir)
    metrics, health = IngestMetrics(), Health(params.stale_after_s)
    clocks = clocks or Clocks()
    with ExitStack() as stack:
        stack.enter_context(only_one(paths.ingest_lock, "Ingest"))
        stored = recover(paths)
        segments = list_segments(paths.segments)
        scales = StoredScales(segments)
        stream = _open_stream(settings, request, stored, params.batch.max_lines, scales)
        stack.callback(stream.close)
        lookup = stack.enter_context(_platform_lookup(settings, params, paths))
        if request.file is None:
            host, port = settings.ingest.metrics_host, settings.ingest.metrics_port
            stack.enter_context(serve(host, port, health, metrics.registry))
        choice = RecentChoice(settings.rating_scale, FinishedAfter(paths.catalog), clocks.now)
        heard = stack.enter_context(telling(followed(settings), choice, segments, metrics.registry))
        listener = Listener(
            stream,
            paths,
            params,
            settings.rating_scale,
            Telemetry(metrics, health),
            UsualAfterBatch(
                BatchContext(paths, params, metrics, health, clocks.now),
                CatalogueReader(paths.catalog, lookup),
            ),
            clocks,
            heard,
        )
        listener.run(stop, _done(request, stream))
        _complain_if_unread(stream, stop)


def look(settings: Settings, request: ListenOptions, stop: Stop | None = None) -> Profile:
    """Read as `listen` would, and return what the lines look like; nothing is written."""
    paths, stop = Paths(settings.data_dir), stop or threading.Event()
    stream = _open_stream(settings, request, read_stored(paths), _LINES_TO_LOOK_AT, StoredScales([]))
    movies = CatalogueReader(paths.catalog, None).movies()
    profile, is_done = Profile(), _done(request, stream)
    try:
        while not stop.is_set() and (polled := stream.poll(0.5)) is not None:
            for partition, lines in polled.lines.items():
                sort_lines(lines, partition, profile, movies, settings.rating_scale)
            if is_done():
                break
        _complain_if_unread(stream, stop)
    finally:
        stream.close()
    return profile


def _open_stream(
    settings: Settings,
    request: ListenOptions,
    stored: Iterable[Stored],
    most_lines: int,
    scales: StoredScales,
) -> Stream:
    if request.file is not None:
        file = FileStream(request.file, stored)
        try:
            scales.refuse_other(file.source, file.label, settings.rating_scale)
        except BadInputError:
            file.close()
            raise
        return file
    log.info("Listening to %s as %s", settings.kafka, settings.kafka.group)
    of_kafka = [part for part in stored if part.source["kind"] == "kafka"]

    def decide(broker: Broker) -> StreamStart:
        start = _decide(of_kafka, broker, request.new_generation)
        source = {"kind": "kafka", **asdict(broker), "generation": start.generation}
        scales.refuse_other(source, "", settings.rating_scale)
        return start

    return KafkaStream(settings.kafka, decide, most_lines)


def _decide(stored: Iterable[Stored], broker: Broker, given: Mapping[int, int] | None) -> StreamStart:
    try:
        start = find_start(stored, broker)
    except StreamChangedError:
        if given is None:
            raise
        return start_generation(stored, broker, given)
    if given is not None:
        raise BadInputError(
            f"Topic {broker.topic} is the one that the segments come from: leave --new-generation out, it "
            "would read everything again."
        )
    return start


def _done(request: ListenOptions, stream: Stream) -> Callable[[], bool]:
    begun_s = time.monotonic()
    if request.minutes is not None:
        end_s = begun_s + 60 * request.minutes
        return lambda: time.monotonic() >= end_s
    if request.once:
        return lambda: (
            stream.caught_up or (bool(stream.trouble) and time.monotonic() - begun_s >= _PATIENCE_S)
        )
    return lambda: False


def _complain_if_unread(stream: Stream, stop: Stop) -> None:
    if stream.trouble and not stop.is_set():
        raise NothingReadError(f"The stream could not be read to its end: {stream.trouble}.")


@contextmanager
def _platform_lookup(
    settings: Settings, params: IngestParams, paths: Paths
) -> Iterator[PlatformLookup | None]:
    """Ask the platform's API beside the stream, where one is set."""
    if settings.ingest.platform_api_url is None:
        yield None
        return
    api = PlatformApi(settings.ingest.platform_api_url, params.platform.timeout_s)
    lookup, stop = PlatformLookup(api, paths.catalog, params.platform), threading.Event()
    thread = threading.Thread(target=lookup.run, args=(stop,), name="platform", daemon=True)
    thread.start()
    try:
        yield lookup
    finally:
        stop.set()
        thread.join()
