"""*Release*: the newest one, or an earlier one by its file's name."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice

from auto_deployment.console.judged import Judged
from auto_deployment.console.page import Asked, Console, Facts, MissingError
from auto_deployment.console.shown import release as shown
from auto_deployment.errors import MarqueeError
from auto_deployment.release.consequences import have_served
from auto_deployment.release.inbox import Request
from auto_deployment.release.judge.table import groups_table
from auto_deployment.release.operator.ask import MOST_HOURS, USUAL_HOURS
from auto_deployment.release.origin import described
from auto_deployment.release.phases import deadline, waits_for_approval
from auto_deployment.release.release import Build, ReleaseCommand
from auto_deployment.release.status import ReleaseStatus, facts_of, what_next
from auto_deployment.release.store import StateError, Store

NOBODY_S = 15.0  # the controller looks every two seconds
BACK_TO, LOOKED_THROUGH = 10, 100


def facts(console: Console, asked: Asked) -> Facts:
    """Return the newest release, what may be asked of it, and what waits to be heard."""
    damaged, found = "", None
    try:
        found = console.records.newest()
    except StateError as error:
        damaged = str(error)
    return {
        **_facts(console, found),
        "damaged": damaged,
        "newest": True,
        "waiting": [_waiting(one) for one in console.inbox.peek()],
        "nobody": _nobody(console),
        "back_to": _back_to(console),
        "hours": {"usual": USUAL_HOURS, "most": MOST_HOURS},
    }


def past(console: Console, asked: Asked) -> Facts:
    """Return an earlier release as its record has it."""
    found = console.records.of(asked.words["key"])
    if found is None:
        raise MissingError("There is no such release: the list of earlier releases has all of them.")
    return {**_facts(console, found), "newest": False}


def _facts(console: Console, found: Judged | None) -> Facts:
    if found is None:
        status = console.look.at(None, console.now())
        return {"status": status, "release": None, "next": what_next(status)}
    release, judgement = found.record.release, found.judgement
    status = console.look.at(found.record, console.now(), judgement)
    return {
        "status": status,
        "release": release,
        "facts": facts_of(status),
        "origin": described(release.origin),
        "steps": shown.steps(release),
        "left": _left(status),
        "judgement": judgement,
        "checks": found.checks,
        "groups": groups_table(judgement.groups) if judgement and judgement.groups else None,
        "journal": shown.journal(release),
        "next": what_next(status),
        "waits": waits_for_approval(release, judgement, console.look.needs_approval),
    }


def _left(status: ReleaseStatus) -> timedelta | None:
    """Return how long the present phase may still last."""
    late = deadline(status.record.release, status.params) if status.record else None
    return None if late is None else max(late - status.now, timedelta())


def _waiting(item: ReleaseCommand | Request) -> str:
    what = (
        item.action.value
        if isinstance(item, ReleaseCommand)
        else f"{item.kind.value} {item.candidate.release}"
    )
    return f"{what} by {item.by}: {item.reason}" if item.reason else f"{what} by {item.by}"


def _nobody(console: Console) -> str:
    """Return why what is pressed would not be heard now, nothing where it would."""
    heard = console.inbox.heard_at()
    if heard is None:
        return (
            "Nobody listens: no controller has looked for requests yet. Under `make run` there is one from "
            "the first `marquee release deploy` on."
        )
    if (console.now() - heard).total_seconds() > NOBODY_S:
        return (
            f"Nobody listens: the controller looked last at {heard:%Y-%m-%d %H:%M:%S} UTC. "
            "What is pressed waits until it is back."
        )
    return ""


def _back_to(console: Console) -> list[str]:
    """Return the releases that may be put back, the usual one first."""
    try:
        usual = console.operator.target().release
    except MarqueeError:
        return []
    releases = islice(Store(console.paths.releases).releases(), LOOKED_THROUGH)
    serving = console.look.at(None, console.now()).serving
    return list(islice(_different(have_served(releases), {usual, serving or ""}, usual), BACK_TO))


def _different(builds: Iterable[Build], without: set[str], first: str) -> Iterator[str]:
    yield first
    for build in builds:
        if build.release not in without:
            without.add(build.release)
            yield build.release
