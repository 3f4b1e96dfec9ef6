"""A user in every kind of file, forgotten; then all files are searched, by value, after each cycle.

The flow is the project's own, and so are git, DVC and the mails. Models are asked for the user's list, too.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import yaml

from app.artifact import load
from app.recommender import Recommender
from auto_deployment.config.mail import MailSettings
from auto_deployment.cycle.mails import mails_about
from auto_deployment.cycle.outcome import PUBLISHED, Outcome
from auto_deployment.dataset.corrections.keys import make_key
from auto_deployment.dataset.corrections.look import events_of
from auto_deployment.dataset.corrections.wishes import wishes
from auto_deployment.dataset.events import Event, Rating, Recommendation
from auto_deployment.dataset.quarantine import STREAM_FORM, LinePosition, QuarantineWriter
from auto_deployment.dataset.segments import segment_path
from auto_deployment.mail.outbox import Outbox
from auto_deployment.people.correct import EventName, Value, add_event
from auto_deployment.publish.commands import Commands
from auto_deployment.publish.local_remote import ensure_remote
from auto_deployment.publish.tag_message import content_hash
from auto_deployment.release.records import Serving, write_serving
from tests.people.conftest import ANN
from tests.support.commands import said_by
from tests.support.cycle.gate import ANY_LISTS
from tests.support.cycle.home import BEGIN, CycleHome
from tests.support.feedback.world import World, request
from tests.support.find_user import files_with
from tests.support.git import GIT_IDENTITY
from tests.support.ingest.segments import write_segment
from tests.support.project import PROJECT
from tests.support.training import START, small_params, taste_rows, write_data

HOLDING = (
    "segments", "catalog", "quarantine", "feedback/edge", "feedback/impressions", "feedback/outcomes",
    "cycle/clone/data/prepared", "cycle/clone/data/model",
)  # fmt: skip
# What some 60 users can show.
GATE = {
    "bias_margin": -0.5, "champion_rmse_loss_max": 0.5, "new_events_min": 1,
    "common_list_share_max": 1.0, "answer_max_ms": 5000, "load_max_s": 600, "lists": ANY_LISTS,
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> CycleHome:
    """Give a place for cycles in which ann is in segments, catalogue and quarantine."""
    home = CycleHome(tmp_path / "home")
    home.root.mkdir()
    content = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
    content["training"] = asdict(small_params())
    content["gate"] |= GATE
    params = home.root / "params.yaml"
    params.write_text(yaml.safe_dump(content), "utf-8")
    ensure_remote(Commands(home.root, GIT_IDENTITY), home.bare, "main", PROJECT, params)
    rows = [(ANN if user == 1 else user, movie, rating, at) for user, movie, rating, at in taste_rows()]
    write_data(home.paths, rows, [(ANN, "film+03+2000", 30, 900), (2, "film+03+2000", 30, 900)])
    shown = ("film+03+2000", "film+04+2000")
    write_segment(home.paths.segments, "shown", [Recommendation(START, ANN, "h:82", 200, shown, None, 9)])
    world = World(home.root)
    world.log(request(START, ANN, 1), request(START, 2, 2))
    world.collect()
    world.edge_log.unlink()  # of the containers, out of reach
    world.join(START)
    correct_two(home)
    with QuarantineWriter(home.paths.quarantine, "events", STREAM_FORM, 2) as writer:
        writer.add(f"2026-01-01T12:00,{ANN},GET /x".encode(), "request", LinePosition("t", 0, 1))
        writer.seal()
        writer.publish()
    return home


def correct_two(home: CycleHome) -> None:
    """Add an event each of ann and of another user, with a key; the cycle joins the two corrections."""
    for user in (ANN, 2):
        name, value = EventName(user, "film+05+2000", START), Value(4.0)
        add_event(home.paths, name, value, (1.0, 5.0), BEGIN, make_key(user, "key", value, BEGIN))


def mail_about(home: CycleHome, outcome: Outcome) -> None:
    outbox = Outbox(home.paths.outbox, MailSettings())
    assert all([outbox.put(mail) for mail in mails_about(outcome, None, 7)])


def list_from(home: CycleHome, user: int) -> str:
    """Return the source of what the newest model answers."""
    model = load(home.layout.clone / "data" / "model")
    return str(Recommender(model).recommend(user, 5).source)


def cycle(home: CycleHome, number: int) -> str:
    """Run a cycle on events that others have made meanwhile; return the version."""
    if number:
        later: Sequence[Event] = [
            Rating(START + timedelta(days=14 * number, minutes=minute), user, movie, rating)
            for user, movie, rating, minute in taste_rows(seed=3 + number)
            if user > 1
        ]
        write_segment(home.paths.segments, f"later-{number}", later)
    outcome = home.cycle(number, notify=partial(mail_about, home))
    assert outcome.kind == PUBLISHED, outcome.sentence
    return str(outcome.version)


def marquee(home: CycleHome, *words: str) -> str:
    environ = {
        "DATA_DIR": str(home.paths.root), "PARAMS_FILE": str(home.root / "params.yaml"), "LOG_LEVEL": "ERROR",
        "GIT_REMOTE": str(home.bare), "DVC_REMOTE": str(home.storage), "PATH": "/usr/bin:/bin",
    }  # fmt: skip
    return said_by(environ, *words)


def serve(home: CycleHome, version: str) -> None:
    content = str(content_hash(home.make().publishing.repository.messages()[version]))
    write_serving(home.paths, Serving(version, content, "abc", f"{version}-abc", BEGIN.isoformat()))


def beside_the_wish(home: CycleHome) -> set[str]:
    """Return every file that holds ann, but for copies of the wish."""
    (wish,) = wishes(home.paths.segments)
    content = segment_path(home.paths.segments, wish.name).read_bytes()
    return {name for name in files_with(home.root, ANN) if (home.root / name).read_bytes() != content}


@pytest.mark.slow
def test_after_forget_and_cycles_nobody_finds_the_user_but_where_it_was_said(home: CycleHome) -> None:
    first = cycle(home, 0)
    assert (list_from(home, ANN), list_from(home, 2)) == ("personal", "personal")
    assert list(home.paths.outbox.glob("*.eml"))
    (joined,) = home.paths.segments.glob("correction-000002-*-joined-*.parquet")
    everywhere = files_with(home.root, ANN)
    assert f"data/segments/{joined.name}" in everywhere
    for place in HOLDING:
        assert any(name.startswith(f"data/{place}/") for name in everywhere), place

    said = marquee(home, "forget", str(ANN))
    assert "removed or written anew: quarantine 1, catalogue 1, segments 3, feedback 3" in said
    assert f"still held: version {first}: " in said
    assert "still held: cycle/clone: what the last cycle has worked on; until the next cycle" in said
    places = ("data/cycle/clone/", "data/cycle/dvc-cache/", "storage/")
    assert all(name.startswith(places) for name in beside_the_wish(home))
    World(home.root).join(START)
    assert not files_with(home.paths.feedback, ANN)

    second = cycle(home, 1)
    assert (list_from(home, ANN), list_from(home, 2)) == ("popular", "personal")
    said = marquee(home, "forget", "--status")
    assert "still held: cycle/clone/data/champion: the model to beat" in said
    assert f"still held: version {second}: " in said  # for it is compared with the first
    places = ("data/cycle/clone/data/champion/", "data/cycle/dvc-cache/", "storage/")
    assert all(name.startswith(places) for name in beside_the_wish(home))

    serve(home, second)
    third = cycle(home, 2)
    serve(home, third)
    assert f"2 have lost it: {first}, {second}" in marquee(home, "retain", "--now")
    assert "nothing else is held of before" in marquee(home, "forget", "--status")
    assert beside_the_wish(home) == set()
    assert list_from(home, ANN) == "popular"
    (added,) = (one for one in events_of(home.paths.segments, 2, (1.0, 5.0)) if one.time == START)
    assert added.movie_id == "film+05+2000"
