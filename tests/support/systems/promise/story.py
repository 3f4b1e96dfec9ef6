"""What happens while people ask: each function does one thing, and says how it ended."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.support.systems.candidates import Candidate
from tests.support.systems.containers import kill
from tests.support.systems.releasing import INSTANCES, Releases

SHARE = "0.02"  # of requests that a bad candidate spoils
BAD: Mapping[str, str] = {
    "slow": "a slow candidate (350 ms)",
    f"errs:{SHARE}": "one that errs in 2 %",
    f"kills:{SHARE}": "one that kills its worker in 2 %",
}


def earn_production(releases: Releases, candidate: Candidate) -> str:
    """Deploy a candidate that the judge promotes; return the judge's reason."""
    releases.deploy(candidate)
    return releases.end(candidate.revision, "promoted")


def fail(releases: Releases, candidate: Candidate) -> str:
    """Deploy a candidate that has to be aborted; return why it was."""
    releases.deploy(candidate)
    return releases.end(candidate.revision, "aborted")


def kill_controller(releases: Releases, revision: str, phase: str) -> None:
    """Kill the controller in a phase of a revision's release, and wait until it is well again."""
    releases.wait_until_entered(revision, phase)
    kill(releases.stack.stack, "controller")
    releases.stack.stack.wait_until_well("controller")


def kill_instances(releases: Releases) -> None:
    """Kill one instance after the other, each when all are well again."""
    for name in INSTANCES:
        if releases.runs()[name]:
            kill(releases.stack.stack, name)
            releases.stack.stack.wait_until_well(name)


def roll_back(releases: Releases, to: str) -> str:
    """Put back what served before, which must be this revision; return the reason that is given."""
    releases.marquee("rollback", "--by", "ann", "--reason", "the lists look odd")
    return releases.end(to, "promoted")


def lasted_s(release: Mapping[str, Any], begin: str = "requested") -> float:
    """Return how long a release took from a phase to its end."""
    times = {one["phase"]: datetime.fromisoformat(one["at"]) for one in release["changes"]}
    last = datetime.fromisoformat(release["changes"][-1]["at"])
    return (last - times.get(begin, last)).total_seconds()
