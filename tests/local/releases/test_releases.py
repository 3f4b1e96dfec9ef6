"""Releases without containers: real Gunicorns and a real NGINX, in shortened time.

One run serves all tests: each leaves it serving one model, whichever, and begins with that.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from auto_deployment.paths import Paths
from auto_deployment.release.release import Action
from auto_deployment.release.store import Store
from tests.support.browser.watcher import watching
from tests.support.local_run import VERSION
from tests.support.mail.mail_server import MailServer
from tests.support.mail.mail_server import running as receiving
from tests.support.models import Size
from tests.support.release.local_releases import RATE, USERS, Site, prepared
from tests.support.systems.releasing import asking
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow

GOOD, NEXT = "20261102T0000-00000000", "20261105T0000-00000000"
POOR, BROKEN = "20261103T0000-00000000", "20261104T0000-00000000"
UNWANTED = "20261106T0000-00000000"
WHY = "it smells"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a run that serves what is current, as before anybody has released anything."""
    found = prepared(tmp_path_factory.mktemp("site"))
    try:
        yield found
    finally:
        found.stop()


@pytest.mark.browser
def test_a_good_model_earns_production_though_the_run_is_killed_meanwhile(
    site: Site, browser: "Browser"
) -> None:
    before = site.serving()
    site.give(GOOD, seed=2)
    with watching(browser, site.run) as watcher:
        with asking(site.run.port, USERS, RATE):
            site.deploy(GOOD)
            site.wait_for(GOOD, "baking")
            assert site.served() == {before, GOOD}
            assert "baking" in site.marquee("status")
            watcher.wait_for(f"{GOOD}-abc", "baking")
            # The second stable may still be on its way when evidence begins: it comes in once it is well.
            eventually(lambda: "canary 20 %" in site.marquee("status"))
        site.kill()
        stopped = site.changes(GOOD)
        with asking(site.run.port, USERS, RATE):
            assert site.changes(GOOD)[: len(stopped)] == stopped
            reason = site.wait_for(GOOD, "promoted", "aborted", "inconclusive")
            assert site.changes(GOOD)[-1]["phase"] == "promoted", reason
            eventually(lambda: site.served() == {GOOD})
        # Without being loaded again, the page has come through all of it.
        seen = watcher.wait_for(f"{GOOD}-abc", "promoted")
        assert [one for one in seen if one in ("baking", "promoted")] == ["baking", "promoted"]
        eventually(lambda: reason in watcher.journal())
    static = site.run.layout.static / "current" / "popular.json"
    assert json.loads(static.read_bytes())["model_version"] == GOOD
    # Without a mail server mails stay where they are. A run that was killed may miss metrics for a moment.
    eventually(lambda: [mail for mail in site.mails(GOOD) if mail != "metrics"] == ["candidate", "promoted"])


@pytest.mark.browser
def test_what_is_pressed_in_a_browser_is_done_in_the_name_of_who_pressed_it_and_its_mail_is_seen(
    site: Site, browser: "Browser"
) -> None:
    before = site.serving()
    site.give(UNWANTED, seed=6)
    with receiving(MailServer()) as server:
        site.start(SMTP_HOST="127.0.0.1", SMTP_PORT=str(server.port), REPORT_TO="team@example.org")
        with watching(browser, site.run) as watcher:
            site.deploy(UNWANTED)
            watcher.wait_for(f"{UNWANTED}-abc", "baking")
            watcher.abort(WHY)
            watcher.wait_for(f"{UNWANTED}-abc", "aborted")
            eventually(lambda: f"Ann asked: abort {WHY}" in watcher.journal())
            eventually(lambda: watcher.mail_state("Aborted", UNWANTED) == "sent")
            text = watcher.read_mail("Aborted", UNWANTED)
            assert "Ann" in text
            assert WHY in text
        record = Store(Paths(site.data).releases).newest()
        assert record is not None
        assert [(one.action, one.by, one.reason) for one in record.release.commands] == [
            (Action.ABORT, "Ann", WHY)
        ]
        subjects = [one["subject"] for one in server.messages() if UNWANTED in one["subject"]]
        assert any("Aborted" in one for one in subjects), subjects
        eventually(lambda: site.served() == {before})
        site.stop()


def test_the_first_deploy_of_what_serves_says_that_releases_say_so_from_now_on(tmp_path: Path) -> None:
    site = prepared(tmp_path)
    site.give(GOOD, seed=2)
    assert "`current` is followed no longer" in site.marquee("deploy")
    assert "it serves already" in site.marquee("deploy")
    current = site.data / "models" / "current"
    current.unlink()
    current.symlink_to(GOOD)
    try:
        site.start()
        assert site.served() == {VERSION}
        assert f"{GOOD}-abc is on its way" in site.marquee("deploy")
    finally:
        site.stop()


def test_a_model_that_lost_its_users_is_gone_and_does_not_come_back(site: Site) -> None:
    before = site.serving()
    site.give(POOR, seed=3, size=Size(users=10, stored=10))
    with receiving(MailServer()) as server:
        site.start(SMTP_HOST="127.0.0.1", SMTP_PORT=str(server.port), REPORT_TO="team@example.org")
        with asking(site.run.port, USERS, RATE):
            site.deploy(POOR)
            assert "popularity list" in site.wait_for(POOR, "promoted", "aborted", "inconclusive")
            eventually(lambda: site.served() == {before})
        slot = site.data / "releases" / "local" / "slots" / "canary"
        eventually(lambda: slot.readlink().name == f"{before}-abc")  # whoever starts it later
        assert "was rejected" in site.marquee("deploy", POOR)
        about = f"model {POOR}"
        eventually(
            lambda: any("Aborted" in one["subject"] for one in server.messages() if about in one["subject"])
        )
        mail = next(
            one for one in server.messages() if "Candidate" in one["subject"] and about in one["subject"]
        )
        body = mail.get_body(("plain",))
        text = "" if body is None else body.get_content()
        assert f"DATA_DIR={site.data} python -m auto_deployment release abort" in text
        site.start()
    assert site.served() == {before}


def test_a_model_that_cannot_be_loaded_serves_nobody(site: Site) -> None:
    before = site.serving()
    array = max(site.give(BROKEN, seed=4).glob("*.npy"), key=lambda file: file.stat().st_size)
    content = bytearray(array.read_bytes())
    content[-1] ^= 1
    array.write_bytes(content)
    with asking(site.run.port, USERS, 30):
        site.deploy(BROKEN)
        reason = site.wait_for(BROKEN, "promoted", "aborted", "inconclusive")
        assert "did not become healthy" in reason or "ended" in reason
        assert site.served() == {before}


def test_an_older_model_is_put_back(site: Site) -> None:
    before = site.serving()
    site.give(NEXT, seed=5)
    with asking(site.run.port, USERS, 30):
        site.deploy(NEXT)
        site.wait_for(NEXT, "warming")
        site.marquee("promote", "--by", "ann")
        site.wait_for(NEXT, "promoted")
        assert f"Back to {before}" in site.marquee("rollback", "--by", "ann")
        eventually(lambda: site.served() == {before}, 60)
