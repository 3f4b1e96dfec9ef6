"""What a page is, and what all of them read from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auto_deployment.console.judged import JudgedRecords
from auto_deployment.console.live.edge_traffic import EdgeTraffic
from auto_deployment.console.live.metrics import Metrics
from auto_deployment.errors import MarqueeError
from auto_deployment.params import Params
from auto_deployment.paths import Paths
from auto_deployment.release.inbox import Inbox
from auto_deployment.release.operator.ask import Operator
from auto_deployment.release.operator.look import Look

Facts = Mapping[str, Any]


class MissingError(MarqueeError):
    """What a page's address names is not there: 404 with this sentence."""


class BadQuestionError(MarqueeError):
    """The address or the form asks for something that cannot be: 400 with this sentence."""


@dataclass(frozen=True, slots=True)
class Console:
    """Where everything is. Pages read anew at each request, but for what knows itself when it has changed."""

    paths: Paths
    params: Params
    now: Callable[[], datetime]  # in UTC
    look: Look
    operator: Operator
    inbox: Inbox
    records: JudgedRecords
    traffic: EdgeTraffic
    metrics: Metrics
    fleet: Callable[[str], Any] | None = None  # asks the master, where there is one


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked a page for: the words of its address, and those after the question mark."""

    words: Mapping[str, str]
    query: Mapping[str, str]

    def number(self, name: str, least: int = 1, without: int = 1) -> int:
        """Return a whole number of the query; raise `BadQuestionError` for what is none."""
        text = self.query.get(name, "")
        if not text:
            return without
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= least):
            raise BadQuestionError(f"{name} is a whole number from {least} on.")
        return int(text)


@dataclass(frozen=True, slots=True)
class Page:
    """A row of the table of pages.

    `name` is its endpoint for `url_for`, `rule` its address, whose words in <...> come in `Asked.words`.
    `facts` returns what the template shows; it may raise `MissingError`, `BadQuestionError`, or any other
    `MarqueeError` (500 with its sentence).
    """

    name: str
    rule: str
    title: str
    template: str
    facts: Callable[[Console, Asked], Facts]
    in_menu: bool = True
    part_of: str = ""  # the page of the menu that is marked while this one is open
