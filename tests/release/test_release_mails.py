"""Mails of a release: the verdict, its numbers, what happens next, and the command to change it."""

import struct
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from auto_deployment.mail.eml import to_bytes
from auto_deployment.mail.mail import Mail
from auto_deployment.release import mail_pages as release_mails
from auto_deployment.release.judge.judgement import CheckOutcome, CheckResult, Judgement, ReleaseVerdict
from auto_deployment.release.judge.ticks import BAKING, CANARY, STABLE, Tick, TrackCounts
from auto_deployment.release.mail_pages import ReleaseEvent
from auto_deployment.release.phases import supersede
from auto_deployment.release.release import Action, Build, Change, Kind, Phase, Release, ReleaseCommand
from auto_deployment.release.store import Record
from tests.support.mail.mails import SENDER
from tests.support.release.world import SHIPPED

AT = datetime(2026, 3, 5, 6, 10, tzinfo=UTC)
MODEL = "20260305T0552-3f9a21c4"
KINDS = {
    "candidate": (release_mails.candidate_mail, f"Candidate: model {MODEL} accepted for release"),
    "promoted": (release_mails.promoted_mail, f"Promoted: model {MODEL}"),
    "aborted": (release_mails.aborted_mail, f"Aborted: model {MODEL}"),
    "rolled-back": (release_mails.rolled_back_mail, f"Rolled back: model {MODEL}"),
    "not-rolled-back": (release_mails.rollback_aborted_mail, f"Aborted: model {MODEL} is not put back"),
    "superseded": (release_mails.superseded_mail, f"Superseded: model {MODEL}"),
    "inconclusive": (release_mails.inconclusive_mail, f"Inconclusive: model {MODEL}"),
    "below-slo": (release_mails.below_slo_mail, f"Service below its SLO: model {MODEL}"),
    "approval": (release_mails.approval_mail, f"Waiting for approval: model {MODEL}"),
    "metrics-unavailable": (release_mails.metrics_unavailable_mail, f"Metrics unavailable: model {MODEL}"),
}
CHECKS = (
    CheckResult("mean-latency", CheckOutcome.OPEN, 38.41, 612.3, 500.0, 31_204, None, "It takes 612.3 ms."),
    CheckResult("bad-answers", CheckOutcome.KEPT, None, 0.0038, 0.01, 7_431, 0.4, "At most that."),
    CheckResult("bad-against-stable", CheckOutcome.BROKEN, 0.0041, 0.0452, 1.25, 7_432, 6.1, "It is more."),
    CheckResult(
        "popular-against-stable", CheckOutcome.NOT_COMPUTABLE, None, 0.109, 1.25, 7_433, None, "None."
    ),
    CheckResult("sample", CheckOutcome.KEPT, 29_812.0, 7_434.0, 500.0, 7_434, None, "Enough."),
    CheckResult("something-new", CheckOutcome.KEPT, 0.12345, 1234.5, 2.0, 17, None, "New."),
)
TICKS = tuple(
    Tick(
        AT + timedelta(minutes=minute),
        60.0,
        BAKING,
        {STABLE: TrackCounts(users=100, newly_bad=1), CANARY: TrackCounts(users=25, newly_bad=minute % 2)},
        {STABLE: 38.0, CANARY: None if minute == 3 else 41.0},
        metrics_available=minute != 3,
    )
    for minute in range(6)
)


NEW = Build(f"{MODEL}-8d41c0e", MODEL, "content", "8d41c0e")
OLD = Build("20260303T0551-b07c11e9-8d41c0e", "20260303T0551-b07c11e9", "other content", "8d41c0e")
REASON = "It was seen to be so."
RELEASE = Release(Kind.CANDIDATE, NEW, OLD, "1", "ann", (Change(Phase.REQUESTED, AT, REASON),))


def event(release: Release = RELEASE, ticks: tuple[Tick, ...] = (), **changed: object) -> ReleaseEvent:
    judgement = Judgement(ReleaseVerdict.NOT_ENOUGH_EVIDENCE, release.reason, CHECKS, 0.0, 0.0)
    usual = ReleaseEvent(Record(release, ticks), judgement, SHIPPED, AT + timedelta(hours=1))
    return replace(usual, **changed)  # type: ignore[arg-type]


def because(reason: str, at: datetime = AT) -> Release:
    return replace(RELEASE, changes=(Change(Phase.REQUESTED, at, reason),))


def blind(since: datetime) -> ReleaseEvent:
    """Return a release of which nothing has been measured for a tick."""
    return event(ticks=(Tick(since + timedelta(minutes=1), 60.0, BAKING, metrics_available=False),))


def said(mail: Mail) -> tuple[str, str]:
    """Return text and HTML, each as one line."""
    return " ".join(mail.text.split()), " ".join(mail.html.split())


@pytest.mark.parametrize(("render", "subject"), KINDS.values(), ids=KINDS)
def test_every_kind_says_verdict_version_reason_and_evidence(
    render: Callable[[ReleaseEvent], Mail], subject: str
) -> None:
    mail = render(event())
    assert mail.subject == subject
    for one in said(mail):
        assert MODEL in one
        assert "It was seen to be so." in one
        assert "What happens next" in one
        for number in ("38.4 ms", "612 ms", "&lt; 500 ms" if "<td" in one else "< 500 ms", "31,204"):
            assert number in one
        for number in (
            "0.38 %",
            "\u2264 1 %",
            "4.5 %",
            "0.41 %",
            "1.25\u00d7",
            "7,431",
            "29,812",
            "\u2265 500",
        ):
            assert number in one
    assert b"Subject: " in to_bytes(mail, SENDER, ())


def test_the_table_has_a_row_for_each_check() -> None:
    lines = [line for line in release_mails.aborted_mail(event()).text.splitlines() if "  " in line]
    assert [line.split() for line in lines if line.startswith(("check", "Mean", "Bad vs", "something"))] == [
        ["check", "stable", "canary", "limit", "n", "verdict"],
        ["Mean", "latency", "38.4", "ms", "612", "ms", "<", "500", "ms", "31,204", "open"],
        ["Bad", "vs", "stable", "0.41", "%", "4.5", "%", "\u2264", "1.25\u00d7", "7,432", "broken"],
        ["something", "new", "0.1235", "1234", "2", "17", "kept"],
    ]


def test_a_check_that_is_not_kept_says_why_once() -> None:
    mail = release_mails.aborted_mail(event(because("Aborted: It is more.")))
    for one in said(mail):
        assert one.count("It takes 612.3 ms.") == 1
        assert one.count("None.") == 1
        assert "At most that." not in one
    assert mail.text.count("It is more.") == 1


def test_the_plot_is_a_png_that_the_html_shows() -> None:
    mail = release_mails.promoted_mail(event(ticks=TICKS))
    assert set(mail.images) == {"tracks"}
    assert 'src="cid:tracks"' in mail.html
    width, height = struct.unpack(">II", mail.images["tracks"][16:24])
    assert width > 900
    assert height > 700
    assert len(mail.images["tracks"]) < 200_000
    assert "Grey: metrics were unavailable." in mail.text


def test_the_same_event_gives_the_same_mail() -> None:
    one, other = (release_mails.promoted_mail(event(ticks=TICKS)) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    "ticks", [(), TICKS[:1], (TICKS[3],), (TICKS[3],) * 2], ids=["no", "one", "blind", "twice"]
)
def test_little_to_draw_is_drawn_all_the_same(ticks: tuple[Tick, ...]) -> None:
    assert bool(release_mails.aborted_mail(event(ticks=ticks)).images) == bool(ticks)


def test_without_evidence_there_is_no_empty_table() -> None:
    mail = release_mails.candidate_mail(event(judgement=None))
    assert "Checks" not in mail.text
    assert mail.images == {}


def test_a_candidate_mail_says_when_it_ends() -> None:
    mail = release_mails.candidate_mail(event(params=replace(SHIPPED, warming_s=3600.0)))
    text, _ = said(mail)
    assert "replaces stable on 2026-03-05 19:10 UTC (in 12 h) at the earliest" in text
    assert "If nothing is shown by 2026-03-06 07:10 UTC (in 1 d), it ends as inconclusive" in text
    for verb in ("promote", "abort", "extend"):
        line = f"docker compose exec controller marquee release {verb} --release {NEW.release} --by $USER"
        assert line in text


def test_a_promoted_mail_says_how_to_go_back() -> None:
    promoted = RELEASE.with_command(ReleaseCommand("1", Action.PROMOTE, "somebody", AT))
    text, _ = said(release_mails.promoted_mail(event(promoted)))
    assert "What served before, 20260303T0551-b07c11e9-8d41c0e, stays on this host" in text
    assert "release rollback" in text
    assert "Decided by somebody" in text


def test_an_aborted_mail_says_what_is_rejected() -> None:
    aborted = RELEASE.to(Phase.ABORTED, AT, REASON)
    text, _ = said(release_mails.aborted_mail(event(aborted)))
    assert "This artefact is marked as rejected" in text
    other_code = replace(aborted, stable=replace(OLD, code_revision="0ther00"))
    text, _ = said(release_mails.aborted_mail(event(other_code)))
    assert "The code revision 8d41c0e is marked as rejected" in text
    text, _ = said(release_mails.aborted_mail(event(replace(aborted, blameless=True))))
    assert "is marked as rejected" not in text


def test_an_inconclusive_mail_says_that_nothing_is_rejected() -> None:
    text, _ = said(release_mails.inconclusive_mail(event(RELEASE.to(Phase.INCONCLUSIVE, AT, REASON))))
    assert "Nothing is rejected: the same candidate may be released again." in text
    assert "`marquee release plan`" in text
    assert "is marked as rejected" not in text


def test_a_mail_of_a_service_below_its_slo_says_that_it_is_not_the_candidate_and_when_it_ends() -> None:
    baking = RELEASE.to(Phase.BAKING, AT, REASON)
    text, _ = said(release_mails.below_slo_mail(event(baking)))
    assert "this is not the candidate" in text
    assert "until 2026-03-06 06:10 UTC (in 23 h), it ends as inconclusive" in text


def test_an_approval_mail_asks() -> None:
    text, _ = said(release_mails.approval_mail(event()))
    assert "It waits for an answer for as long as every check is kept" in text
    for verb in ("approve", "reject", "extend"):
        assert f"release {verb}" in text


def test_a_mail_of_missing_metrics_says_since_when_and_until_when() -> None:
    mail = release_mails.metrics_unavailable_mail(blind(AT + timedelta(minutes=50)))
    text, _ = said(mail)
    assert "Since 2026-03-05 07:00 UTC the clock of the window stands still" in text
    assert "until 2026-03-05 08:00 UTC (in 50 min), the release is aborted" in text


def test_a_superseded_mail_names_what_comes() -> None:
    text = release_mails.superseded_mail(event(supersede(RELEASE, "newer-1", AT))).text
    assert "Next is newer-1:" in text
    assert "release abort --release newer-1" in text  # this one is over: nothing can be said of it
    assert f"release abort --release {NEW.release}" not in text


def test_commands_are_those_of_how_it_runs() -> None:
    text = release_mails.candidate_mail(event(command="python -m auto_deployment release")).text
    assert "    python -m auto_deployment release promote" in text


def test_an_event_has_one_key_and_a_release_one_thread() -> None:
    mails = {name: render(event()) for name, (render, _) in KINDS.items()}
    assert len({mail.key for mail in mails.values()}) == len(KINDS)
    assert len({mail.thread for mail in mails.values()}) == 1
    later = event(because("Said again after a restart."), at=AT + timedelta(hours=9))
    assert release_mails.aborted_mail(later).key == mails["aborted"].key
    again = event(because(REASON, AT + timedelta(days=1)))
    assert release_mails.aborted_mail(again).key != mails["aborted"].key
    outages = [blind(AT + timedelta(minutes=minute)) for minute in (1, 2)]
    assert len({release_mails.metrics_unavailable_mail(outage).key for outage in outages}) == 2


HOSTILE = "x\r\nBcc: thief@example.org\x1b[31m<script>alert(1)</script><img src=http://evil.example/x>\u202e"


@pytest.mark.parametrize(("render", "subject"), KINDS.values(), ids=KINDS)
def test_nothing_from_outside_becomes_markup_a_header_or_an_escape(
    render: Callable[[ReleaseEvent], Mail], subject: str
) -> None:
    check = CheckResult(HOSTILE, CheckOutcome.OPEN, 1.0, 1.0, 1.0, 1, None, HOSTILE)
    build, word = Build(*[HOSTILE] * 4), ReleaseCommand(HOSTILE, Action.ABORT, HOSTILE, AT, HOSTILE)
    release = Release(Kind.CANDIDATE, build, build, HOSTILE, HOSTILE, because(HOSTILE).changes, {}, (word,))
    judgement = Judgement(ReleaseVerdict.ABORT, HOSTILE, (check,), 0.0, 0.0)
    mail = render(event(release, judgement=judgement, command=HOSTILE))
    assert "<script" not in mail.html
    assert "<img" not in mail.html
    assert "\x1b" not in mail.text + mail.html
    assert "\u202e" not in mail.text + mail.html
    content = to_bytes(mail, SENDER, ("night@example.org",))
    assert b"\nBcc:" not in content.partition(b"\r\n\r\n")[0]
