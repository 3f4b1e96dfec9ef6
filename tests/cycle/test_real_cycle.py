"""The project's own flow, with data from a real broker, real git and real DVC, over four cycles."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import yaml

from app.artifact import load
from auto_deployment.cycle.delivery import deliver
from auto_deployment.cycle.outcome import PUBLISHED, REFUSED, Outcome
from auto_deployment.fleet.folder import FolderFiles
from auto_deployment.fleet.store import ModelStore
from auto_deployment.publish.commands import Commands
from auto_deployment.publish.local_remote import ensure_remote
from auto_deployment.publish.tag_message import read_tag
from search.index_files import open_head
from tests.support.cycle import published
from tests.support.cycle.gate import ANY_LISTS
from tests.support.cycle.home import BEGIN, RECORD_PUSHES, CycleHome
from tests.support.git import GIT_IDENTITY, git
from tests.support.ingest.home import Home
from tests.support.ingest.kafka import LEAKY_CLIENT, Broker
from tests.support.project import PROJECT
from tests.support.systems.lab import require_docker
from tests.support.training import START, RatingRow, small_params, taste_rows

DAYS = 14  # of `taste_rows`
# What some 60 users can show; RMSE and what is new are held against limits as in production.
GATE = {
    "bias_margin": -0.5, "champion_rmse_loss_max": 0.2, "new_events_min": 100,
    "common_list_share_max": 1.0, "answer_max_ms": 5000, "load_max_s": 600, "lists": ANY_LISTS,
}  # fmt: skip


@dataclass
class Story:
    """What happened, cycle by cycle."""

    home: CycleHome
    stored: list[dict[str, int]]
    outcomes: list[Outcome]
    pushes: list[list[str]]
    measured: list[str]  # content of the model that the cycle's own clone held at its end

    def cycle(self) -> Outcome:
        outcome = self.home.cycle(len(self.outcomes))
        self.outcomes.append(outcome)
        self.stored.append(published.stored(self.home.storage))
        self.pushes.append(self.home.pushes())
        self.measured.append(load(self.home.layout.clone / "data" / "model").content_hash)
        return outcome


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Run: some events, more events, nothing new, then shuffled ratings."""
    require_docker()
    home = CycleHome(tmp_path_factory.mktemp("real"))
    prepare(home)
    story = Story(home, [], [], [], [])
    broker = Broker()
    try:
        broker.create()
        stream = Home(home.paths.root, broker.settings(broker.create_topic()))
        for rows in (taste_rows(), taste_rows(seed=4), [], shuffled(taste_rows(seed=5))):
            if rows:
                broker.produce(stream.kafka.topic, lines(rows, DAYS * len(story.outcomes)))
                stream.once()
            story.cycle()
        yield story
    finally:
        broker.remove()


def prepare(home: CycleHome) -> None:
    content = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
    content["training"] = asdict(small_params())
    content["gate"] |= GATE
    params = home.root / "params.yaml"
    params.write_text(yaml.safe_dump(content), "utf-8")
    ensure_remote(Commands(home.root, GIT_IDENTITY), home.bare, "main", PROJECT, params)
    home.hook("post-receive", RECORD_PUSHES)


def lines(rows: Sequence[RatingRow], later_days: int) -> list[bytes]:
    """Return rating lines in order of time."""
    ordered = sorted(rows, key=lambda row: row[3])
    times = [START + timedelta(days=later_days, minutes=row[3]) for row in ordered]
    return [
        f"{time:%Y-%m-%dT%H:%M:%S},{user},GET /rate/{movie}={rating:.0f}".encode()
        for time, (user, movie, rating, _) in zip(times, ordered, strict=True)
    ]


def shuffled(rows: Sequence[RatingRow]) -> list[RatingRow]:
    """Return the same events, each with the rating of another one."""
    ratings = np.random.default_rng(1).permutation([row[2] for row in rows]).tolist()
    return [
        (user, movie, rating, minute) for (user, movie, _, minute), rating in zip(rows, ratings, strict=True)
    ]


@pytest.mark.lab
@pytest.mark.slow
@LEAKY_CLIENT
class TestFourCycles:
    """Each test looks at the same four."""

    def test_two_are_published_with_all_their_data(self, story: Story) -> None:
        first, second = story.outcomes[:2]
        assert (first.kind, second.kind) == (PUBLISHED, PUBLISHED), [one.sentence for one in story.outcomes]
        assert (first.champion["version"], second.champion["version"]) == (None, first.version)
        assert story.home.versions() == [first.version, second.version]
        assert story.home.gaps() == []
        for outcome, pushes in zip(story.outcomes, story.pushes, strict=False):
            if outcome.kind == PUBLISHED:
                assert pushes[-2:] == ["refs/heads/main", f"refs/tags/model/{outcome.version}"]

    def test_the_second_uploads_only_the_segment_that_is_new(self, story: Story) -> None:
        first, second = story.stored[:2]
        segments = sorted(story.home.paths.segments.glob("*.parquet"), key=lambda path: path.stat().st_mtime)
        sizes = [path.stat().st_size for path in segments]
        new = {name: size for name, size in second.items() if name not in first}
        assert first.items() <= second.items()
        assert story.outcomes[1].new_bytes == sizes[1]
        assert (sizes[1] in new.values(), sizes[0] in new.values()) == (True, False)
        sys.stdout.write(
            f"in DVC's remote after the first cycle {sum(first.values()):,} bytes; the second added "
            f"{sum(new.values()):,}, of them {sizes[1]:,} of one new segment; none of the old {sizes[0]:,}\n"
        )

    def test_a_fresh_clone_has_the_model_that_was_measured(self, story: Story, tmp_path: Path) -> None:
        version = str(story.outcomes[1].version)
        clone = tmp_path / "clone"
        git(tmp_path, "clone", "--quiet", "--branch", f"model/{version}", str(story.home.bare), str(clone))
        commands = Commands(clone, {})
        commands.dvc("remote", "add", "--local", "--default", "storage", str(story.home.storage))
        commands.dvc("pull", "--quiet", "data/model")
        model = load(clone / "data" / "model")
        facts = read_tag(git(clone, "tag", "--list", "--format=%(contents)", f"model/{version}"))
        assert (model.version, model.content_hash) == (version, facts["content_hash"])
        assert facts["gate"]["passed"]
        assert facts["data"]["hash"].startswith(version.rpartition("-")[2])
        assert model.content_hash == story.measured[1]

    def test_the_index_of_the_same_movies_is_published_with_the_model(
        self, story: Story, tmp_path: Path
    ) -> None:
        version = str(story.outcomes[1].version)
        clone = tmp_path / "clone"
        git(tmp_path, "clone", "--quiet", "--branch", f"model/{version}", str(story.home.bare), str(clone))
        commands = Commands(clone, {})
        commands.dvc("remote", "add", "--local", "--default", "storage", str(story.home.storage))
        commands.dvc("pull", "--quiet", "data/model", "data/index")
        head = open_head(clone / "data" / "index")
        assert set(load(clone / "data" / "model").movies.ids) <= set(head.ids)
        facts = read_tag(git(clone, "tag", "--list", "--format=%(contents)", f"model/{version}"))
        assert "data/index" in facts["dvc"]

    def test_the_newest_comes_into_a_model_store_as_it_was_published(
        self, story: Story, tmp_path: Path
    ) -> None:
        store = ModelStore(FolderFiles(tmp_path), "films")
        version = deliver(story.home.make(), story.home.publish, lambda: store, BEGIN)
        assert version == story.outcomes[1].version
        assert load(tmp_path / "models" / "films" / str(version)).content_hash == story.measured[1]
        assert deliver(story.home.make(), story.home.publish, lambda: store, BEGIN) is None

    def test_without_new_data_the_gate_refuses_and_nothing_is_pushed(self, story: Story) -> None:
        third = story.outcomes[2]
        assert (third.kind, third.new_segments, third.gate is None) == (REFUSED, 0, False)
        failed = {check["name"]: check for check in (third.gate or {})["checks"] if not check["passed"]}
        assert (list(failed), failed["new_events"]["value"]) == (["new_events"], 0)
        assert failed["new_events"]["sentence"] in third.sentence
        assert (story.stored[2], story.pushes[2]) == (story.stored[1], story.pushes[1])

    def test_shuffled_ratings_are_refused_with_their_numbers_and_nothing_is_pushed(
        self, story: Story
    ) -> None:
        fourth = story.outcomes[3]
        assert fourth.kind == REFUSED
        assert fourth.gate is not None
        failed = {check["name"]: check for check in fourth.gate["checks"] if not check["passed"]}
        assert failed["rmse"]["value"] > failed["rmse"]["limit"]
        assert f"RMSE on later events (1-5) is {failed['rmse']['value']:.3f}"[:34] in fourth.sentence
        assert (story.stored[3], story.pushes[3]) == (story.stored[1], story.pushes[1])
