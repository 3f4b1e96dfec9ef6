"""The log that the project's NGINX really writes, as evidence."""

from itertools import islice
from pathlib import Path

import pytest

from auto_deployment.release.judge.ticks import CANARY, STABLE
from auto_deployment.release.observe.edge_log import EdgeReader, Follows
from tests.support.edge.edge import TRACKS, running_edge, stub_instances
from tests.support.edge.stub_instance import Behaviour, answer, close, fail, hang, reset
from tests.support.http import get
from tests.support.who import users_of


@pytest.mark.parametrize(
    ("behaviour", "bad"),
    [(answer, False), (fail(404), False), (fail(500), True), (close, True), (reset, True), (hang, True)],
    ids=["answers", "404", "500", "closes", "resets", "hangs"],
)
def test_what_the_canary_does_to_its_users_is_counted_though_all_are_served(
    tmp_path: Path, behaviour: Behaviour, bad: bool
) -> None:
    with (
        stub_instances() as instances,
        running_edge(tmp_path, [i.address for i in instances.values()]) as edge,
    ):
        ports = {instance.port: TRACKS[name] for name, instance in instances.items()}
        reader = EdgeReader.begin(Follows(edge.layout.edge_log, ports, 0.15), "r")
        instances["canary"].behaviour = behaviour
        of_canary, of_stable = next(users_of(instances, "canary")), next(users_of(instances, "stable-1"))
        for user in (of_canary, of_stable, of_canary):
            get(edge.port, f"/recommend/{user}")
        edge.log(3)
        read = reader.read()
    canary, stable = read.counts[CANARY], read.counts[STABLE]
    assert (canary.users, canary.first_bad, canary.newly_bad) == (1, bad, bad)
    assert (stable.users, stable.first_bad, stable.newly_bad) == (1, 0, 0)
    assert (read.damaged, read.foreign_attempts, read.lost) == (0, 0, False)


def test_refused_connections_and_no_instance_at_all(tmp_path: Path) -> None:
    with (
        stub_instances() as instances,
        running_edge(tmp_path, [i.address for i in instances.values()]) as edge,
    ):
        ports = {instance.port: TRACKS[name] for name, instance in instances.items()}
        reader = EdgeReader.begin(Follows(edge.layout.edge_log, ports, 0.15), "r")
        users = list(islice(users_of(instances, "canary"), 3))
        for instance in instances.values():
            instance.refuse()
        for user in users:
            get(edge.port, f"/recommend/{user}")
        lines = edge.log(3)
        read = reader.read()
    assert any("marquee" in line["upstream_addr"] for line in lines)
    assert read.counts[CANARY].first_bad == read.counts[CANARY].users > 0
    assert (read.damaged, read.foreign_attempts) == (0, 0)
