"""Search on three real nodes: answered by all shards, a new index under questions, a node that is killed."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from auto_deployment.cli import main
from search.movies import Movie
from search.settings import BuildSettings
from tests.cluster.conftest import Say
from tests.cluster.publishing import Publish, store_files
from tests.support import http
from tests.support.project import PROJECT
from tests.support.s3_server import S3Server
from tests.support.search import small_catalogue
from tests.support.search_processes import Asking, Heard, Right, ask, publish_real
from tests.support.systems.containers import docker
from tests.support.systems.swarm import NODES, TAG, Swarm, address
from tests.support.waiting import eventually

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of S3's clients among themselves

STACK = "marquee-search"
PORT = 8088
PER_S = 20.0  # through each node that is asked
TEXTS = ("golden castle", "gloden castle", "comedy", "1990 drama", "river of gold", "winter horror")
BUILT = BuildSettings(questions=4, passes=2)
MOVIES = 150
SETTLED_S = 300.0
MANAGER, SECOND, VICTIM = NODES
OTHERS = (MANAGER, SECOND)
LONE = "shard-2"


@dataclass(frozen=True, slots=True)
class Searching:
    """The stack of search, which has settled, and what its two indexes answer."""

    swarm: Swarm
    indexes: Path
    versions: list[str]
    right: Right

    def publish(self, version: str) -> None:
        assert main(["fleet", "publish", "--index", str(self.indexes / version), "--channel", "stable"]) == 0

    def heard(self, node: str) -> list[Heard]:
        """Return what a node's gateway answers to each question."""
        return [ask(PORT, text, address(node)) for text in TEXTS]

    def is_whole(self, nodes: tuple[str, ...], version: str) -> bool:
        """Tell whether all shards answer each question of a version, through each of these nodes."""
        heard = [one for node in nodes for one in self.heard(node)]
        return self.right.wrong(heard) == [] and {one.version for one in heard} == {version}

    def lacks(self, node: str) -> bool:
        """Tell whether a node's gateway answers a question without some shard."""
        return any(one.partial for one in self.heard(node))

    def become_whole(self, version: str, nodes: tuple[str, ...] = NODES) -> None:
        eventually(lambda: self.is_whole(nodes, version), SETTLED_S, 1, self.describe)

    def running(self, service: str) -> list[str]:
        """Return the nodes on which a service's containers shall run and do."""
        form = "{{.Node}} {{.CurrentState}}"
        words = ("service", "ps", "-f", "desired-state=running", "--format", form, f"{STACK}_{service}")
        lines = [line.split() for line in self.swarm.manage(*words).splitlines()]
        return sorted(line[0] for line in lines if line[1] == "Running")

    def all_are_up(self, nodes: tuple[str, ...] = NODES) -> bool:
        """Tell whether each gateway hears two replicas of each of four shards."""
        line = "marquee_search_shards_up 8.0"
        return all(line in http.get(PORT, "/metrics", host=address(one)).body.decode() for one in nodes)

    def describe(self) -> str:
        form = "{{.Name}} {{.Node}} {{.CurrentState}} {{.Error}}"
        return self.swarm.manage("stack", "ps", "--no-trunc", "--format", form, STACK)

    @contextmanager
    def asked(self, nodes: tuple[str, ...], say: Say) -> Iterator[list[Asking]]:
        """Let questions come in through nodes while a block runs, and say what came of them."""
        asking = [Asking(PORT, TEXTS, PER_S, address(node)) for node in nodes]
        with ExitStack() as stack:
            for one in asking:
                stack.enter_context(one)
            for one in asking:
                one.wait_for_more(len(TEXTS))
            yield asking
            for one in asking:
                one.wait_for_more(len(TEXTS))
        heard = [one for each in asking for one in each.heard]
        failed, lacking = sum(bool(one.fault) for one in heard), sum(one.partial for one in heard)
        say(f"{len(heard)} questions through {len(nodes)} nodes: {failed} failed, {lacking} partial")


def indexes(folder: Path) -> list[str]:
    """Write two indexes that find other movies for the same question; return their versions."""
    movies = small_catalogue(MOVIES)
    return [
        publish_real(
            folder,
            [
                Movie(f"{turn}{(place * 7 + 31 * turn) % MOVIES:06}", one.title, one.year, one.genres)
                for place, one in enumerate(movies)
            ],
            BUILT,
        )
        for turn in range(2)
    ]


def deploy(swarm: Swarm, environ: dict[str, str]) -> None:
    """Deploy as docs/search.md says; images are on the nodes, as there is no registry."""
    given = {**os.environ, **environ, "DOCKER_HOST": swarm.manager, "MARQUEE_IMAGE": swarm.image}
    given |= {"MARQUEE_TAG": TAG, "MARQUEE_STACK": STACK, "SEARCH_DEADLINE_MS": "20000"}  # of a busy host
    file = str(PROJECT / "deploy" / "swarm" / "search.yml")
    command = ["docker", "stack", "deploy", "--detach=true", "--resolve-image", "never", "-c", file, STACK]
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def searching(
    nodes: Swarm, store: S3Server, publish: Publish, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Searching]:
    folder = tmp_path_factory.mktemp("search")
    image = f"{nodes.image}-search:{TAG}"
    words = ("-f", str(PROJECT / "search" / "Dockerfile"), "--build-arg", "INDEX=none", str(PROJECT))
    docker("build", "-q", "-t", image, *words, timeout_s=1800)
    nodes.load(image)
    versions = indexes(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODEL_STORE", f"s3://{store.bucket()}/search")
        found = Searching(nodes, folder, versions, Right(folder, versions, TEXTS))
        found.publish(versions[0])
        deploy(nodes, store_files(store, folder))
        try:
            eventually(found.all_are_up, SETTLED_S, 1, found.describe)
            found.become_whole(versions[0])
            yield found
        finally:
            nodes.manage("stack", "rm", STACK)


def test_a_new_index_is_taken_under_questions_and_each_answer_is_of_the_version_that_it_names(
    searching: Searching, say: Say
) -> None:
    before, after = searching.versions
    assert searching.is_whole(NODES, before)
    with searching.asked(NODES, say) as asking:
        searching.publish(after)
        searching.become_whole(after)
    for one in asking:
        assert searching.right.wrong(one.heard) == []
        assert one.seen == {before, after}


def test_a_node_that_is_killed_is_not_noticed_where_each_shard_has_a_replica(
    searching: Searching, say: Say
) -> None:
    version = searching.heard(MANAGER)[0].version
    assert version is not None
    eventually(searching.all_are_up, SETTLED_S, 1, searching.describe)
    held = [number for number in range(4) if VICTIM in searching.running(f"shard-{number}")]
    assert held
    with searching.asked(OTHERS, say) as asking:
        docker("kill", VICTIM)
        eventually(lambda: searching.swarm.status(VICTIM) == "Down", 60, 1)
        # What was there comes to the node that had no replica: each has the whole index.
        eventually(partial(searching.all_are_up, OTHERS), SETTLED_S, 1, searching.describe)
        docker("start", VICTIM)
        searching.become_whole(version)
    say(f"{VICTIM} had a replica of {len(held)} shards")
    for one in asking:
        assert searching.right.wrong(one.heard) == []


def test_without_a_replica_answers_say_that_they_are_partial_until_the_node_is_back(
    searching: Searching, say: Say
) -> None:
    version, name = searching.heard(MANAGER)[0].version, f"{STACK}_{LONE}"
    assert version is not None
    there = f"node.hostname=={VICTIM}"
    manage = searching.swarm.manage
    manage("service", "update", "--detach", "--replicas", "1", "--constraint-add", there, name)
    eventually(lambda: searching.running(LONE) == [VICTIM], SETTLED_S, 1, searching.describe)
    searching.become_whole(version)
    with searching.asked(OTHERS, say) as asking:
        docker("kill", VICTIM)
        for node in OTHERS:
            eventually(partial(searching.lacks, node), 60, 0.5)
        docker("start", VICTIM)
        searching.become_whole(version)
    heard = [one for each in asking for one in each.heard]
    assert [one for one in heard if one.fault or one.version != version] == []
    assert searching.right.wrong([one for one in heard if not one.partial]) == []
    manage("service", "update", "--detach", "--replicas", "2", "--constraint-rm", there, name)
    eventually(searching.all_are_up, SETTLED_S, 1, searching.describe)
