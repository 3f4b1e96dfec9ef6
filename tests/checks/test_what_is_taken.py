"""What the parser takes and what `simulate` writes is what `check data` lets pass."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_deployment.checks.data import check_data
from auto_deployment.checks.rows import first_fault
from auto_deployment.dataset.builder import SegmentBuilder
from auto_deployment.dataset.events import Event, Rejection, parse, render
from auto_deployment.dataset.schema import KINDS, SCHEMA
from auto_deployment.params import load_params
from auto_deployment.simulate.past import SimulatedPast
from auto_deployment.simulate.stream import generate_chunks
from tests.support.ingest.events import events, ratings
from tests.support.ingest.home import Home
from tests.support.project import IMPORT_CASES as CASES
from tests.support.project import PROJECT
from tests.support.release.simulation import damage, small_platform

PARAMS = load_params(PROJECT / "params.yaml")
EDGES = (b"0", b"9", b"999", b"1989", b"9999", b"-", b"Z", b"%41", b"=5", b" ")


def table_of(found: Iterable[Event]) -> pa.Table:
    builder = SegmentBuilder()
    for event in found:
        builder.add(event)
    return pa.Table.from_batches(builder.record_batches(), SCHEMA)


def failed(home: Home) -> dict[str, str]:
    """Check a data directory on the day after its newest event."""
    now = max(one.meta.last_time for one in home.segments() if one.meta.last_time) + timedelta(days=1)
    paths, limits = home.paths, PARAMS.gate.drift_findings_max
    found = check_data(paths.segments, paths.catalog, PARAMS.checks, PARAMS.ingest, limits, now)
    return {one.name: one.sentence for one in found if not one.passed}


@settings(max_examples=300)
@given(st.one_of(events, ratings(1, 10)), st.integers(0, 80), st.sampled_from(EDGES), st.integers(0, 5))
def test_whatever_the_parser_takes_passes(event: Event, place: int, edge: bytes, gone: int) -> None:
    line = render(event)
    for text in (line, line[:place] + edge + line[place + gone :]):
        for scale in ((1.0, 5.0), (1.0, 10.0), (1.3, 4.9)):
            taken = parse(text, rating_scale=scale)
            if not isinstance(taken, Rejection):
                assert first_fault("a", table_of([taken]), scale) is None, text


@pytest.mark.parametrize("scale", [(1.0, 5.0), (1.0, 10.0)])
def test_all_that_simulate_writes_passes(scale: tuple[float, float], home: Home, tmp_path: Path) -> None:
    platform = small_platform(damage=damage(stray=0.01, movie_stray=0.01, user=0.01, tombstone=0.001))
    past = pa.Table.from_batches(SimulatedPast(platform, scale).record_batches(), SCHEMA)
    assert past["status"].to_pylist().count(0) > 0
    assert first_fault("past", past, scale) is None
    log = tmp_path / "simulated.log"
    messages = [line or b"" for chunk in generate_chunks(platform, scale) for line in chunk.messages]
    log.write_bytes(b"\n".join(messages))
    home.rating_scale = scale
    home.once(file=log)
    assert home.rejected()
    assert failed(home) == {}


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("10-percent-ids.log", 5),
        ("11-zone.log", 4),
        ("12-spaces.log", 3),
        ("19-status0.log", 3),
        ("20-accepted-forms.log", 10),
    ],
)
def test_every_line_of_real_shapes_is_taken_and_passes(home: Home, name: str, lines: int) -> None:
    if not (CASES / name).exists():
        pytest.skip("the inputs in the shapes of real files are not beside this checkout")
    home.once(file=CASES / name)
    assert home.rejected() == []
    (segment,) = home.segments()
    assert sum(segment.meta.counts[kind] for kind in KINDS) == lines
    assert failed(home) == {}
