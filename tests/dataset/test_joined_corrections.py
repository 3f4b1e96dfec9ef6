"""Corrections that are joined say what they said before, and are few."""

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from auto_deployment.dataset.corrections.joining import MANY, join_corrections
from auto_deployment.dataset.corrections.keys import find_key, make_key
from auto_deployment.dataset.corrections.rewriting import rewrite
from auto_deployment.dataset.corrections.wishes import wishes
from auto_deployment.dataset.corrections.writing import Correction, correcting, write_correction
from auto_deployment.dataset.events import Rating
from auto_deployment.dataset.locks import reading
from auto_deployment.dataset.published import mark_published
from auto_deployment.dataset.reading import read_ratings, read_watches
from auto_deployment.dataset.segments import list_segments, replaced_by, segment_paths
from auto_deployment.paths import Paths
from tests.support.ingest.corrections import NOW, correct, rating, removal
from tests.support.ingest.segments import NOON, watch, write_segment
from tests.support.project import PROJECT

FIRST, SECOND = rating(1, "heat+1995", 2.0), rating(1, "heat+1995", 5.0)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """Give a rating that was changed twice, one that was added and removed again, and a watch."""
    paths = Paths(tmp_path / "data")
    write_segment(paths.segments, "a", [FIRST, rating(2, "heat+1995", 3.0), *watch(1, "alien+1979", 0, 1)])
    third = rating(1, "heat+1995", 4.0)
    changed(paths, Correction([SECOND], [removal(FIRST)]), Correction([third], [removal(SECOND)]))
    added = rating(3, "brazil+1985", 4.0)
    changed(paths, Correction([added]), Correction(removed=[removal(added)]))
    changed(paths, Correction([*watch(2, "alien+1979", 7, 8)]))
    return paths


def changed(paths: Paths, *corrections: Correction) -> None:
    for one in corrections:
        with correcting(paths):
            write_correction(paths, one, NOW)


def join(paths: Paths, now: datetime = NOW) -> int:
    with correcting(paths):
        return join_corrections(paths, now, at_least=2)


def said(paths: Paths) -> tuple[list[object], list[object]]:
    frames = read_ratings(paths.segments).frame, read_watches(paths.segments).frame
    return tuple([tuple(row) for row in frame.itertuples(index=False)] for frame in frames)  # type: ignore[return-value]


def corrections(paths: Paths) -> list[str]:
    return sorted(path.name for path in paths.segments.glob("correction-*"))


def test_they_become_one_that_says_the_same(paths: Paths) -> None:
    before = said(paths)
    assert [row[2] for row in before[0]] == [4.0, 3.0]  # type: ignore[index]
    assert join(paths) == 5
    (name,) = corrections(paths)
    assert name.startswith("correction-000005-")
    assert said(paths) == before
    correct(paths.root, removed=rating(2, "heat+1995", 3.0))
    assert corrections(paths)[1].startswith("correction-000006-")
    before = said(paths)
    assert join(paths) == 2
    assert (len(corrections(paths)), said(paths)) == (1, before)


def test_the_old_ones_beside_the_new_one_change_nothing(paths: Paths) -> None:
    """As where a copy was taken while they were joined."""
    kept = {path: path.read_bytes() for path in paths.segments.glob("correction-*")}
    before = said(paths)
    join(paths)
    join_again = rating(9, "heat+1995", 3.0)
    changed(paths, Correction([join_again]))
    join(paths)  # names those that it replaces, but not what they have replaced
    changed(paths, Correction(removed=[removal(join_again)]))
    for path, content in kept.items():
        path.write_bytes(content)
    assert said(paths) == before


def test_published_ones_and_wishes_stay_as_they_are(paths: Paths) -> None:
    published = corrections(paths)[:2]
    mark_published(paths, [name.removesuffix(".parquet") for name in published])
    correct(paths.root, forgotten=2)
    wish = wishes(paths.segments)
    correct(paths.root, added=rating(7, "heat+1995", 1.0))
    before = said(paths)
    assert join(paths) == 4
    names = corrections(paths)
    assert names[:2] == published
    assert f"{wish[0].name}.parquet" in names
    assert (len(names), said(paths), wishes(paths.segments)) == (4, before, wish)


def test_what_a_published_one_was_written_anew_as_says_still_whom_it_replaces(paths: Paths) -> None:
    """A clone has the published one, and removes what is replaced and holds who was forgotten."""
    changed(paths, Correction([rating(user, "brazil+1985", 1.0) for user in (5, 6)]))
    mark_published(paths, (names := [name.removesuffix(".parquet") for name in corrections(paths)]))
    correct(paths.root, forgotten=5)
    with correcting(paths):
        rewrite(paths)
    changed(paths, Correction([rating(7, "brazil+1985", 1.0)]))
    before = said(paths)
    assert join(paths) == 2
    (joined,) = (one for one in list_segments(paths.segments) if one.meta.source.get("number") == 8)
    assert names[-1] in replaced_by(joined)
    assert said(paths) == before


def test_those_of_two_scales_stay_two(paths: Paths) -> None:
    changed(paths, *(Correction([rating(user, "heat+1995", 9.0)], scale=(1.0, 10.0)) for user in (8, 9)))
    before = said(paths)
    assert join(paths) == 7
    assert (len(corrections(paths)), said(paths)) == (2, before)


def test_while_somebody_reads_they_wait(paths: Paths) -> None:
    before = corrections(paths)
    with reading(paths.segments):
        assert join(paths) == 0
    assert corrections(paths) == before


def test_however_many_there_are_there_are_few_files(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "data")
    write_segment(paths.segments, "a", [FIRST])
    for number in range(2 * MANY + 5):
        value = Rating(NOON + timedelta(minutes=number), 5, "heat+1995", 3.0)
        changed(paths, Correction([value]))
        assert len(corrections(paths)) < MANY
    assert len(read_ratings(paths.segments).frame) == 2 * MANY + 6


def test_keys_are_kept_for_a_day(paths: Paths) -> None:
    key = make_key(1, "one", "request", NOW)
    correct(paths.root, added=rating(1, "brazil+1985", 1.0), facts=key.fact())
    join(paths, NOW + timedelta(hours=23))
    assert find_key(segment_paths(paths.segments), key) == key
    changed(paths, Correction([rating(6, "heat+1995", 1.0)]))
    join(paths, NOW + timedelta(hours=24))
    assert find_key(segment_paths(paths.segments), key) is None


KILL = """
import os, shutil, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from auto_deployment.dataset.corrections.joining import join_corrections
from auto_deployment.dataset.corrections.writing import correcting
from auto_deployment.dataset.reading import read_ratings, read_watches
from auto_deployment.paths import Paths

paths = Paths(Path(sys.argv[1] + "-copy"))

def join_until(moment):
    left = [moment]
    def wrapped(real):
        def act(*words, **named):
            for when in ("before", "after"):
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                if when == "before":
                    result = real(*words, **named)
            return result
        return act
    os.replace, Path.unlink, os.fsync = wrapped(os.replace), wrapped(Path.unlink), wrapped(os.fsync)
    with correcting(paths):
        join_corrections(paths, datetime.now(UTC), at_least=2)
    os._exit(0)

def said():
    return read_ratings(paths.segments).frame.to_csv(), read_watches(paths.segments).frame.to_csv()

def end_of(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

status, before = None, None
for moment in range(40):  # each on files of its own: the first one only looks
    shutil.copytree(sys.argv[1], paths.root, dirs_exist_ok=False)
    before = before or said()
    status = end_of(os.fork() or join_until(moment)) if moment else -9
    same = said() == before
    end_of(os.fork() or join_until(0))
    left = len(list(paths.segments.glob("correction-*"))), len(list(paths.segments.glob(".*")))
    print("kill", status, same, said() == before, *left, flush=True)
    shutil.rmtree(paths.root)
    if status == 0:
        break
"""


def test_killed_at_any_step_they_say_the_same_and_the_next_one_goes_on(paths: Paths) -> None:
    environ = os.environ | {"PYTHONPATH": str(PROJECT), "ARROW_DEFAULT_MEMORY_POOL": "system"}
    done = subprocess.run(
        [sys.executable, "-c", KILL, str(paths.root)], env=environ, capture_output=True, text=True
    )
    told = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("kill ")]
    assert [status for status, *_ in told] == ["-9"] * (len(told) - 1) + ["0"], done.stderr
    assert {tuple(rest) for _, *rest in told} == {("True", "True", "1", "0")}
    assert len(told) > 15
