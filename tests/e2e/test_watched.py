"""What users watch from the lists they are shown decides about a release: the whole loop, with a platform."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.support.project import PROJECT
from tests.support.systems.releasing import Releases, released
from tests.support.systems.stack import UP, TestStack
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.slow]

PLATFORM = ("kafka", "ingest", "feedback-collect", "feedback-join", "simulator")
WATCHED = "users of the canary watched something from their lists"
MAIL = {"SMTP_HOST": "maildev", "SMTP_PORT": "1025", "REPORT_TO": "team@example.org"}
RELEASE = {"warming_s": 3, "settle_s": 1, "start_max_s": 20}
JUDGE = {"window_s": 60, "max_window_s": 600, "min_users": 100, "metrics_unavailable_max_s": 25}
# Users of the platform ask so often and watch so much more than people do that minutes are enough.
ASKS = ["simulate", "--kafka", "--since-days=1", "--days=30", "--ask=nginx:8082", "--asks-per-s=60"]
EAGER = {"watched_share": 0.3, "rest_h": 0}
SOON = {"collect": {"max_age_s": 3}, "join": {"every_s": 5}}


@pytest.fixture(scope="module")
def watched(system: TestStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Releases]:
    """A system in which lists are shown to users who answer, and releases are fast."""
    system.sleep()
    folder = tmp_path_factory.mktemp("watched")
    params = folder / "eager.yaml"
    params.write_text(yaml.safe_dump(_eager()), "utf-8")
    given = {"volumes": [f"{params}:/eager.yaml:ro"], "environment": {"PARAMS_FILE": "/eager.yaml"}}
    services: dict[str, Any] = {name: given for name in PLATFORM if name != "kafka"}
    services["simulator"] = {**given, "command": ASKS}
    more = {"environ": MAIL, "release": RELEASE, "judge": JUDGE, "services": services}
    with released(system.stack, folder, "watched", more) as found:
        found.stack.stack.compose("--profile", "demo", *UP, "--no-build", *PLATFORM)
        yield found


def _eager() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
    content["ingest"]["batch"]["max_age_s"] = 5
    content["simulate"]["lists"] |= EAGER
    for name, changed in SOON.items():
        content["feedback"][name] |= changed
    return content


def test_random_lists_are_aborted_with_what_was_watched_in_the_mail(watched: Releases) -> None:
    bad = watched.workshop.make_random()
    watched.deploy(bad)
    watched.extend(bad.revision)  # only what is watched may end it
    reason = watched.end(bad.revision, "aborted")
    assert WATCHED in reason
    assert "shown to be less than" in reason
    assert eventually(lambda: watched.mails("Aborted")) == 1
    [mail] = watched.onlooker.texts("Aborted")
    assert WATCHED in mail


def test_as_good_lists_are_promoted_and_the_mail_says_how_much_of_both_was_watched(watched: Releases) -> None:
    good = watched.workshop.make()
    watched.deploy(good)
    reason = watched.end(good.revision, "promoted")
    found = re.search(rf"(\d[\d,]*) of (\d[\d,]*) \([\d.]+ %\) {WATCHED}", reason)
    assert found, reason
