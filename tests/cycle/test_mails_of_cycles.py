"""A mail about each outcome, over a real SMTP conversation, and never a cycle that suffers from one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from auto_deployment.auto_deploy import run_cycle
from auto_deployment.commands.cycle_wiring import cycle_outbox, mail_notifier
from auto_deployment.config import Settings
from auto_deployment.config.mail import MailSettings
from auto_deployment.cycle.mail_pages import ADVICE
from auto_deployment.cycle.mails import mails_about
from auto_deployment.cycle.outcome import (
    FAILED,
    FOR_REVIEW,
    PUBLISHED,
    REFUSED,
    REVIEW,
    UNCHANGED,
    WAITING,
    Outcome,
)
from auto_deployment.ingest.drift.drift import Finding
from auto_deployment.ingest.drift.findings import add_findings
from tests.support.cycle.home import BEGIN, CycleHome
from tests.support.mail.mail_server import MailServer, running
from tests.support.project import PROJECT

NEXT = datetime(2026, 3, 3, 12, tzinfo=UTC)
CHECK = {
    "name": "rmse",
    "passed": False,
    "sentence": "RMSE is 1.2, at most 1 is allowed.",
    "value": 1.2,
    "limit": 1.0,
}
OUTCOME = Outcome(
    REFUSED, "gate", "20260301T1200-aa was refused by the gate.", BEGIN, "20260301T1200-aa",
    gate={"passed": False, "checks": [CHECK]}, metrics={"rmse": 1.2}, seconds=90.0,
)  # fmt: skip


SUBJECTS = {
    PUBLISHED: "Published",
    FOR_REVIEW: "Waiting for review",
    REVIEW: "Lists to be reviewed",
    REFUSED: "Refused by the gate",
    UNCHANGED: "Nothing new",
    WAITING: "Nothing to train on yet",
    FAILED: "Retraining failed at push",
}


@pytest.mark.parametrize("kind", SUBJECTS)
def test_each_outcome_has_a_mail_of_its_own(kind: str) -> None:
    (mail,) = mails_about(replace(OUTCOME, kind=kind, step="push"), NEXT, 7)
    assert mail.subject.startswith(SUBJECTS[kind])
    assert (ADVICE["push"] in " ".join(mail.text.split())) == (kind == FAILED)


def test_a_refusal_gives_the_numbers_of_every_failed_check() -> None:
    (mail,) = mails_about(OUTCOME, NEXT, 7)
    for part in ("RMSE is 1.2, at most 1 is allowed", "20260301T1200-aa"):
        assert part in " ".join(mail.text.split())
    assert "1.2" in mail.subject


def test_a_review_gives_every_limit_and_says_what_to_do_next() -> None:
    checks = [
        {"name": "list_overlap", "passed": False, "sentence": "3.0 stay.", "value": 0.15, "limit": 0.3},
        {"name": "list_rbo", "passed": True, "sentence": "They agree.", "value": 0.4, "limit": 0.25},
    ]
    lists = {"review": True, "sentence": "Beyond 1 of 2 limits.", "figures": None, "checks": checks}
    gate = {"passed": True, "checks": [{**CHECK, "passed": True}], "lists": lists}
    (mail,) = mails_about(replace(OUTCOME, kind=REVIEW, gate=gate, sentence="3.0 stay."), NEXT, 7)
    text = " ".join(mail.text.split())
    for part in (
        "Beyond 1 of 2 limits.", "Share of 20 titles that stay", "beyond", "within",
        "FETCH_HEAD:data/gate/lists.html", "merge the branch", "fetch . retrain/20260301T1200-aa:main",
    ):  # fmt: skip
        assert part in text, part
    assert mail.key.startswith("review/20260301T1200-aa/")


def test_every_step_that_can_fail_has_an_advice() -> None:
    source = (PROJECT / "auto_deployment" / "auto_deploy.py").read_text("utf-8")
    steps = {line.split('"')[1] for line in source.splitlines() if line.strip().startswith('step("')}
    assert steps
    assert steps <= set(ADVICE)


def settings_of(home: CycleHome, server: MailServer) -> Settings:
    environ = {"DATA_DIR": str(home.paths.root), "PARAMS_FILE": str(PROJECT / "params.yaml")}
    mail = MailSettings(server.settings(), "marquee@example.org", ("team@example.org",))
    return replace(Settings.from_env(environ), mail=mail)


def subjects(messages: list[EmailMessage]) -> list[str]:
    return [str(one["Subject"]) for one in messages]


def cycle(home: CycleHome, settings: Settings, minute: int) -> Outcome:
    made = home.make(mail_notifier(settings, home.layout))
    return run_cycle(made, lambda: BEGIN + timedelta(minutes=minute), "push")


def test_what_becomes_of_a_cycle_arrives_at_a_real_server_each_mail_once(home: CycleHome) -> None:
    with running(MailServer()) as server:
        settings = settings_of(home, server)
        home.arrive("first")
        published = cycle(home, settings, 0)
        home.arrive("bad-second")
        add_findings(
            home.paths.drift_findings, {"reject_rate": Finding(0.2, 0.1, 500)}, BEGIN + timedelta(hours=1), 7
        )
        refused = cycle(home, settings, 1)
        home.bare.rename(home.bare.with_name("gone"))
        failed = cycle(home, settings, 2)
        assert [one.kind for one in (published, refused, failed)] == [PUBLISHED, REFUSED, FAILED]
        for _ in range(2):
            cycle_outbox(settings).flush(datetime.now(UTC))
        said = subjects(server.messages())
    assert len(said) == 4
    assert sum(str(published.version) in one for one in said) == 1
    assert sum(str(refused.version) in one for one in said) == 1
    assert sum("drift" in one for one in said) == 1


def test_an_outbox_that_cannot_be_written_changes_no_outcome(home: CycleHome) -> None:
    settings = settings_of(home, MailServer())
    home.paths.outbox.parent.mkdir(parents=True, exist_ok=True)
    home.paths.outbox.write_text("a file in the folder's place", "utf-8")
    home.arrive("first")
    assert cycle(home, settings, 0).kind == PUBLISHED
