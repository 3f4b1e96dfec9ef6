"""The console on a data directory, asked as a browser asks, without a server."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from auto_deployment.console import Console, build
from auto_deployment.console.access import Door
from auto_deployment.console.judged import JudgedRecords
from auto_deployment.console.live.edge_traffic import EdgeTraffic
from auto_deployment.console.live.metrics import Metrics
from auto_deployment.console.live.stream import Live
from auto_deployment.params import load_params
from auto_deployment.paths import Paths
from auto_deployment.release.inbox import Inbox
from auto_deployment.release.observe.prometheus import Prometheus
from auto_deployment.release.operator.ask import Operator
from auto_deployment.release.operator.look import Look
from auto_deployment.release.reconcile import NAMES, Traffic
from auto_deployment.release.release import Phase
from tests.support.project import PROJECT
from tests.support.release.world import World, quick

TOKEN = "a token that nobody can guess"
BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
FORM_KEY = re.compile(r'name="form_key" value="([^"]+)"')
PARAMS = load_params(PROJECT / "params.yaml")


class Clock:
    """A clock that tests set; `seconds` is that of waiting."""

    def __init__(self) -> None:
        self.time = BEGIN

    def now(self) -> datetime:
        return self.time

    def seconds(self) -> float:
        return self.time.timestamp()

    def later(self, **length: float) -> None:
        self.time += timedelta(**length)


class Person:
    """Somebody with a browser."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def opens(self, address: str) -> str:
        """Open a page that must be there; return its text."""
        answer = self.client.get(address)
        assert answer.status_code == 200, answer.text
        return answer.text

    def signs_in(self, name: str = "Ann", token: str = TOKEN, after: str = "/") -> TestResponse:
        return self.client.post("/sign-in", data={"name": name, "token": token, "next": after})

    def presses(self, action: str, release: str, **fields: str) -> TestResponse:
        """Send the form of a button."""
        form = {"form_key": self.form_key(), "action": action, "release": release, **fields}
        return self.client.post("/release/ask", data=form)

    def form_key(self) -> str:
        found = FORM_KEY.search(self.opens("/"))
        assert found is not None
        return found[1]


class Site:
    """A console and the data directory that it shows; all visitors share one application."""

    def __init__(
        self,
        root: Path,
        world: World | None = None,
        prometheus: Prometheus | None = None,
        fleet: Callable[[str], Any] | None = None,
        **door: Any,
    ) -> None:
        self.paths, self.clock = Paths(root), Clock()
        self.inbox = Inbox(self.paths.release_inbox)
        release = world.params if world else PARAMS.release
        approval = world.needs_approval if world else False
        traffic = world.edge.read if world else lambda: Traffic(frozenset(NAMES), "first")
        now = (lambda: world.now) if world else self.clock.now
        self.traffic = EdgeTraffic(root / "edge.log", now)
        console = Console(
            paths=self.paths,
            params=replace(PARAMS, release=release),
            now=now,
            look=Look(self.paths, release, PARAMS.traffic, approval, traffic),
            operator=Operator(self.paths, self.inbox, release, approval),
            inbox=self.inbox,
            records=JudgedRecords(self.paths.releases, release),
            traffic=self.traffic,
            metrics=Metrics(prometheus, self.traffic, now),
            fleet=fleet,
        )
        self.app: Flask = build(console, Door(**{"token": TOKEN, "clock": self.clock.seconds, **door}))

    @property
    def live(self) -> Live:
        found: Live = self.app.extensions["marquee-live"]
        return found

    def person(self) -> Person:
        return Person(self.app.test_client())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a world whose candidate bakes, and whose evidence has begun."""
    world = World(tmp_path, quick())
    world.boot()
    world.deploy()
    world.until(Phase.BAKING)
    world.polls(5)
    return world
