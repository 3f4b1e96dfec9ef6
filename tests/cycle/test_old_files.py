"""Files as 0.1.0 wrote them are read: how a cycle ended, what it intended, when the next is due, a mail."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from auto_deployment.commands.cycle_wiring import last_outcome, last_published
from auto_deployment.cycle.outcome import FAILED, PUBLISHED, Outcome
from auto_deployment.cycle.schedule import ScheduleState, read_state
from auto_deployment.errors import MarqueeError
from auto_deployment.mail.mail import Mail
from auto_deployment.mail.outbox_files import OutboxFiles, Progress
from auto_deployment.paths import CycleLayout
from tests.support.cycle.home import CycleHome
from tests.support.mail.mail_server import MailServer, running
from tests.support.mail.mails import outbox

AT = datetime(2026, 3, 5, 5, 51, 12, tzinfo=UTC)
VERSION = "20260305T0552-3f9a21c4"
OUTCOME = """{
 "kind": "published",
 "step": "gate",
 "sentence": "20260305T0552-3f9a21c4 is published.",
 "started": "2026-03-05T05:51:12+00:00",
 "version": "20260305T0552-3f9a21c4",
 "champion": {"version": null, "content_hash": null, "source": "there is no published model yet"},
 "gate": {
  "passed": true,
  "checks": [
   {
    "name": "rmse", "passed": true, "sentence": "RMSE is 0.857.", "value": 0.857, "limit": 1.0,
    "low": null, "high": null
   }
  ]
 },
 "metrics": {"rmse": 0.857, "ndcg_at_10": null},
 "profile": {
  "kinds": {"watches": 9}, "days": [["2026-03-04", {"watches": 9}]], "groups": {"gender": {"F": 9}},
  "users": 3, "movies": 2
 },
 "damaged": {"a.parquet": "empty"},
 "drift": {"reject_rate": {"now": 0.2, "before": 0.1, "lines": 500}},
 "new_segments": 2,
 "new_bytes": 1234,
 "seconds": 268.5
}
"""
SINCE = {"index": None}  # what outcomes have had since then
SCHEDULE = """{
 "due": "2026-03-07T05:51:12+00:00",
 "last_started": "2026-03-05T05:51:12+00:00",
 "last_ended": "2026-03-05T05:55:40.500000+00:00",
 "last_kind": "published"
}
"""
FIRST_SCHEDULE = """{
 "due": "2026-03-05T06:51:12+00:00",
 "last_started": null,
 "last_ended": null,
 "last_kind": null
}
"""
KEY = f"published/{VERSION}/2026-03-05T05:51:12+00:00"
STEM = "published-20260305T0552-3f9a21c4-2026-03-05T05-51-12-00-00-a85b552c30f4"
MAIL = """From: marquee@example.org
To: ann@example.org, team@example.org
Subject: Published: model 20260305T0552-3f9a21c4
Date: Thu, 05 Mar 2026 05:51:12 +0000
Message-ID: <f24609881675816b5b71a03a8694034a@example.org>
Auto-Submitted: auto-generated
X-Marquee-Event: published/20260305T0552-3f9a21c4/2026-03-05T05:51:12+00:00
MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

It is published.
"""
PROGRESS = """{
 "attempts": 3,
 "next_try": "2026-03-05T05:53:12+00:00",
 "delivered": [
  "ann@example.org"
 ],
 "refused": {
  "bob@example.org": "550 no such mailbox"
 },
 "on_the_way": false,
 "said": "451 try later"
}"""


def test_how_the_last_cycle_ended(tmp_path: Path) -> None:
    layout = CycleLayout.below(tmp_path)
    for path in (layout.last, layout.last_published):
        path.write_text(OUTCOME)
    outcome = last_outcome(layout)
    assert isinstance(outcome, Outcome)
    assert outcome == last_published(layout)
    assert (outcome.kind, outcome.version, outcome.started) == (PUBLISHED, VERSION, AT)
    assert outcome.gate is not None
    assert outcome.gate["checks"][0]["value"] == 0.857
    assert outcome.to_json() == {**json.loads(OUTCOME), **SINCE}


def end_at_take(step: str) -> None:
    if step == "take":
        raise MarqueeError("no further")


def test_what_a_killed_cycle_intended_is_recorded_once_its_version_is_published(home: CycleHome) -> None:
    home.arrive("first")
    published = home.cycle()
    intended = OUTCOME.replace(VERSION, str(published.version))
    home.layout.last_published.unlink()
    home.layout.intended.write_text(intended)
    assert home.cycle(1, step=end_at_take).kind == FAILED
    recorded = json.loads(home.layout.last_published.read_bytes())
    assert recorded == {**json.loads(intended), **SINCE}
    assert not home.layout.intended.exists()


def test_when_the_next_cycle_is_due(tmp_path: Path) -> None:
    path = tmp_path / "schedule.json"
    path.write_text(SCHEDULE)
    ended = AT + timedelta(minutes=4, seconds=28.5)
    assert read_state(path) == ScheduleState(AT + timedelta(days=2), AT, ended, "published")
    path.write_text(FIRST_SCHEDULE)
    assert read_state(path) == ScheduleState(AT + timedelta(hours=1))


def test_a_mail_that_waits_is_sent_to_those_who_do_not_have_it_yet_and_to_nobody_twice(
    tmp_path: Path,
) -> None:
    waiting = tmp_path / "waiting"
    waiting.mkdir()
    (waiting / f"{STEM}.eml").write_text(MAIL)
    (waiting / f"{STEM}.json").write_text(PROGRESS)
    assert OutboxFiles(tmp_path).progress(STEM) == Progress(
        attempts=3,
        next_try=AT + timedelta(minutes=2),
        delivered=("ann@example.org",),
        refused={"bob@example.org": "550 no such mailbox"},
        said="451 try later",
    )
    with running(MailServer()) as server:
        readers = ("ann@example.org", "bob@example.org", "team@example.org")
        box = outbox(tmp_path, server.settings(), readers)
        assert not box.put(Mail(KEY, AT, "Published", "Again.\n", "<p>Again.</p>"))
        box.flush(AT + timedelta(minutes=1))
        assert server.messages() == []
        box.flush(AT + timedelta(minutes=3))
        box.flush(AT + timedelta(hours=3))
        (message,) = server.messages()
    assert message["Subject"] == f"Published: model {VERSION}"
    assert [path.name for path in (tmp_path / "sent").iterdir()] == [f"{STEM}.eml"]
