"""A mail of every kind from made-up releases and cycles: to look at, and to test the way to a mailbox."""

import math
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta

from auto_deployment.commands.mail.example_measures import measures
from auto_deployment.commands.mail.list_example import to_review
from auto_deployment.cycle.mail_pages import drift_mail
from auto_deployment.cycle.mails import mails_about
from auto_deployment.cycle.outcome import FAILED, FOR_REVIEW, PUBLISHED, REFUSED, UNCHANGED, WAITING, Outcome
from auto_deployment.mail.mail import Mail
from auto_deployment.release import mail_pages
from auto_deployment.release.judge import judgement
from auto_deployment.release.judge.judgement import CheckResult, Judgement, ReleaseVerdict
from auto_deployment.release.judge.ticks import BAKING, CANARY, STABLE, Tick, TrackCounts
from auto_deployment.release.mail_pages import ReleaseEvent
from auto_deployment.release.params import JudgeParams, ReleaseParams
from auto_deployment.release.phases import supersede
from auto_deployment.release.release import (
    Action,
    Build,
    Change,
    Kind,
    Phase,
    Release,
    ReleaseCommand,
    requested,
)
from auto_deployment.release.store import Record
from auto_deployment.training.gate.checks import GateCheck

KEPT, BROKEN, OPEN = judgement.CheckOutcome.KEPT, judgement.CheckOutcome.BROKEN, judgement.CheckOutcome.OPEN
BEGUN = datetime(2026, 3, 5, 6, 10, tzinfo=UTC)
MODEL, CODE, BEFORE = "20260305T0552-3f9a21c4", "8d41c0e", "20260303T0551-b07c11e9"
NEW, OLD = (Build(f"{model}-{CODE}", model, f"content of {model}", CODE) for model in (MODEL, BEFORE))
HANDED_IN = "It passed the gate and was handed in for release."
CANDIDATE = Release(Kind.CANDIDATE, NEW, OLD, "1", "", (Change(Phase.REQUESTED, BEGUN, HANDED_IN),))
ROLLBACK = requested(OLD, NEW, "2", "somebody", BEGUN, Kind.ROLLBACK, "users complain about their lists")
BAKES = CANDIDATE.to(Phase.BAKING, BEGUN + timedelta(minutes=10), "What users meet is evidence from now on.")
NO = ReleaseCommand("3", Action.ABORT, "somebody", BEGUN)
JUDGE = JudgeParams(
    window_s=43_200, max_window_s=85_800, metrics_unavailable_max_s=3_600, mean_latency_max_ms=500,
    slo_bad_share=0.01, min_users=300, slow_ms=150, slo_span_s=3_600, alpha=0.01, beta=0.05,
    tolerated_ratio=1.25, harm_ratios=(1.5,), excluded_ratio=3, excluded_ratios=(1,),
    slo_broken_ratios=(1.5,), slo_kept_ratios=(0.5,),
)  # fmt: skip
PARAMS = ReleaseParams(60, 2, 300, 600, 30, 60, 300, 3, 5, JUDGE)


def all_examples() -> Iterator[tuple[str, Mail]]:
    """Yield every kind with its name."""
    over, ticks = BEGUN + timedelta(hours=12, minutes=10), _ticks(727, 41.0, 0.004)
    good = Judgement(ReleaseVerdict.PROMOTE, _PROMOTED, _KEPT, 0, 0)
    yield "candidate", mail_pages.candidate_mail(_event(CANDIDATE))
    promoted = _event(BAKES.to(Phase.PROMOTED, over, _PROMOTED), good, ticks)
    watched = measures(NEW.release, BEGUN, over, 0.233)
    yield "promoted", mail_pages.promoted_mail(replace(promoted, online=watched))
    yield "approval", mail_pages.approval_mail(replace(_event(BAKES, good, ticks), at=over))
    yield "aborted", mail_pages.aborted_mail(_aborted())
    back = ROLLBACK.to(Phase.PROMOTED, BEGUN, f"It served before. {ROLLBACK.reason}")
    yield "rolled-back", mail_pages.rolled_back_mail(_event(back))
    not_back = ROLLBACK.with_command(NO).to(
        Phase.ABORTED, BEGUN, "Aborted by somebody: the lists were right."
    )
    yield "rollback-aborted", mail_pages.rollback_aborted_mail(_event(not_back))
    newer = supersede(CANDIDATE, f"20260305T0911-aa01bc23-{CODE}", BEGUN)
    yield "superseded", mail_pages.superseded_mail(_event(newer))
    yield "inconclusive", mail_pages.inconclusive_mail(_inconclusive())
    yield "below-slo", mail_pages.below_slo_mail(_below_slo())
    yield "metrics-unavailable", mail_pages.metrics_unavailable_mail(_blind())
    yield "published", _about(_cycle())
    yield "review", _about(replace(_cycle(), kind=FOR_REVIEW))
    yield "lists-to-review", _about(to_review(_cycle()))
    yield "refused", _about(_refused())
    yield "failed", _about(_failed())
    nothing = replace(_failed(), step="", damaged={}, new_segments=0, new_bytes=0)
    yield "unchanged", _about(replace(nothing, kind=UNCHANGED, sentence=_UNCHANGED))
    yield "waiting", _about(replace(nothing, kind=WAITING, sentence=_WAITING))
    yield "drift", drift_mail(replace(_cycle(), started=BEGUN, drift=_DRIFT), trailing_days=7)


def _event(release: Release, found: Judgement | None = None, ticks: tuple[Tick, ...] = ()) -> ReleaseEvent:
    return ReleaseEvent(Record(release, ticks), found, PARAMS, release.since)


def _aborted() -> ReleaseEvent:
    mean, _, _, popular, slow, sample = (replace(check, n=1039) for check in _KEPT)
    bad = CheckResult(
        "bad-answers", OPEN, None, 0.0433, 0.01, 1039, 26.9,
        "45 of 1,039 users of the canary met a bad first answer (4.33 %; at most 1 % may): neither shown to "
        "be at most that, nor that less than 3 times stable's share had a bad answer (log evidence -27.6 "
        "and -24.1 of 3.0).",
    )  # fmt: skip
    worse = CheckResult(
        "bad-against-stable", BROKEN, 0.0041, 0.0452, 1.25, 1039, 33.1,
        "47 of 1,039 (4.52 %) users of the canary had a bad answer, on stable 17 of 4,132 (0.41 %), 10.99 "
        "times as many: shown to exceed 1.25 times stable's share (log evidence 33.1 of 5.3).",
    )  # fmt: skip
    mean = replace(mean, outcome=OPEN, canary=63.2, n=1480, sentence=(
        "Successful recommendations of the canary take 63.2 ms on average (must be below 500 ms, "
        "1,480 requests; decided at the end of the window)."
    ))  # fmt: skip
    checks = (mean, bad, worse, popular, slow, replace(sample, stable=4132, canary=1039))
    found = Judgement(ReleaseVerdict.ABORT, worse.sentence, checks, 0, 0)
    aborted = BAKES.to(Phase.ABORTED, BEGUN + timedelta(minutes=33), found.reason)
    watched = measures(NEW.release, BEGUN, aborted.since, 0.171)
    return replace(_event(aborted, found, _ticks(23, 63.0, 0.045)), online=watched)


def _inconclusive() -> ReleaseEvent:
    few = replace(_KEPT[-1], outcome=OPEN, stable=871, canary=212, n=212, sentence=(
        "212 users of the canary were seen (at least 300 are needed)."
    ))  # fmt: skip
    reason = f"Inconclusive after 1 d (limit 1 d): 1 d of the window of 12 h counted. {few.sentence}"
    found = Judgement(ReleaseVerdict.INCONCLUSIVE, reason, (*_KEPT[:-1], few), 86_400, 0)
    return _event(BAKES.to(Phase.INCONCLUSIVE, BEGUN + timedelta(hours=24), reason), found)


def _below_slo() -> ReleaseEvent:
    found = Judgement(ReleaseVerdict.NOT_ENOUGH_EVIDENCE, _BELOW_SLO, _KEPT, 12_000, 31_200, 360)
    ticks = _ticks(206, 41.0, 0.004)
    return replace(_event(BAKES, found, ticks), at=BEGUN + timedelta(minutes=206))


def _blind() -> ReleaseEvent:
    ticks = _ticks(206, 41.0, 0.004)
    unseen = (Tick(tick.time, 600.0, BAKING, metrics_available=False) for tick in ticks[200:])
    found = Judgement(ReleaseVerdict.METRICS_UNAVAILABLE, _BLIND, _KEPT, 0, 0)
    return replace(_event(BAKES, found, (*ticks[:200], *unseen)), at=BEGUN + timedelta(minutes=206))


def _ticks(count: int, canary_ms: float, bad: float) -> tuple[Tick, ...]:
    """Return ticks of a day that swings a little; what is bad comes evenly."""
    ticks, owed = [], {STABLE: 0.0, CANARY: 0.0}
    for minute in range(count):
        counts = {}
        for track, users, share in ((STABLE, 180, 0.0041), (CANARY, 45, bad)):
            seen = round(users * (1 + 0.3 * math.sin(minute / 115)))
            owed[track] += seen * share
            newly_bad, owed[track] = int(owed[track]), owed[track] % 1
            counts[track] = TrackCounts(users=seen, newly_bad=newly_bad)
        settled = (canary_ms + math.sin(minute / 70)) * (1 + 2 * math.exp(-minute / 8))
        means = {STABLE: 38 + 2 * math.sin(minute / 90), CANARY: settled}
        ticks.append(Tick(BEGUN + timedelta(minutes=minute + 10), 60.0, BAKING, counts, means))
    return tuple(ticks)


def _about(outcome: Outcome) -> Mail:
    (mail,) = mails_about(outcome, datetime(2026, 3, 7, 5, 51, tzinfo=UTC), trailing_days=7)
    return mail


def _cycle() -> Outcome:
    return Outcome(
        PUBLISHED, "gate", f"{MODEL} is published.", datetime(2026, 3, 5, 5, 51, 12, tzinfo=UTC), MODEL,
        champion={"version": BEFORE}, gate=_gate(*_GATE), metrics=_METRICS, profile=_profile(),
        new_segments=192, new_bytes=48_211_934, seconds=268.0,
    )  # fmt: skip


def _gate(*checks: GateCheck) -> dict[str, object]:
    return {"passed": all(check.passed for check in checks), "checks": [asdict(check) for check in checks]}


def _refused() -> Outcome:
    rmse = "RMSE on later events (1-5) is 1.041 (1.037 to 1.045), at most 1 is allowed."
    bias = "RMSE minus that of the biases alone is 0.061 (0.058 to 0.064), at most -0.005 is allowed."
    gate = _gate(
        GateCheck("rmse", False, rmse, 1.0413, 1.0, 1.0372, 1.0455),
        GateCheck("bias", False, bias, 0.061, -0.005, 0.058, 0.064),
        *_GATE[2:],
    )
    return replace(_cycle(), kind=REFUSED, gate=gate, metrics=_METRICS | {"rmse": 1.0413})


def _failed() -> Outcome:
    sentence = "DVC's remote s3://models does not take the data: No space left on device."
    return replace(
        _cycle(), kind=FAILED, step="upload", sentence=sentence, version=None, gate=None, metrics=None,
        profile=None, damaged={"20260304T1911-000042": "its checksum is wrong; it was left out"},
    )  # fmt: skip


def _profile() -> dict[str, object]:
    first = date(2026, 2, 4)
    swing = [1 + 0.25 * math.sin(day / 1.1) + 0.01 * day for day in range(30)]
    return {
        "users": 20_114, "movies": 3_883, "kinds": {"watches": 861_204, "ratings": 371_882},
        "days": [
            (f"{first + timedelta(day)}", {"watches": round(26_000 * one), "ratings": round(11_300 * one)})
            for day, one in enumerate(swing)
        ],
        "groups": {
            "gender": {"F": 531_022, "M": 668_917, "unknown": 33_147},
            "age": {
                "under 18": 48_120, "18-24": 301_774, "25-34": 411_380, "35-44": 233_601, "45-55": 141_092,
                "56 and over": 63_972, "unknown": 33_147,
            },
            "activity": {"5-9 events": 81_377, "20-49 events": 263_115, "50 events and more": 888_594},
        },
    }  # fmt: skip


_KEPT = (
    CheckResult("mean-latency", KEPT, 38.4, 41.2, 500, 31_204, None, ""),
    CheckResult("bad-answers", KEPT, None, 0.0038, 0.01, 7_431, 0.0, ""),
    CheckResult("bad-against-stable", KEPT, 0.0041, 0.0044, 1.25, 7_431, 0.0, ""),
    CheckResult("popular-against-stable", KEPT, 0.112, 0.109, 1.25, 7_431, 0.0, ""),
    CheckResult("slow-against-stable", KEPT, 0.0021, 0.0019, 1.25, 7_431, 0.0, ""),
    CheckResult("sample", KEPT, 29_812, 7_431, 300, 7_431, None, ""),
)
_UNCHANGED = (
    f"Nothing has changed since {BEFORE}: no new segment, the same parameters and champion, and the same "
    "code of every step up to the gate."
)
_PROMOTED = "The window of 12 h is over, and all six checks are kept."
_BELOW_SLO = (
    "The service itself was below its SLO for 6 min, not the candidate: more than 1 % of answers were bad on "
    "both tracks; the window waits at 3 h 20 min of 12 h."
)
_BLIND = "Metrics have been unavailable for 6 min (limit 1 h, 206 ticks); the window waits at 3 h 20 min."
_WAITING = "Nothing to train on yet: ingest closes its next segment at 05:56 UTC."
_METRICS = {
    "rmse": 0.8571, "rmse_bias": 0.8724, "ndcg_at_10": 0.3412, "ndcg_at_10_popularity": 0.1788,
    "hit_rate": 0.871, "coverage": 0.412,
}  # fmt: skip
_GATE = (
    GateCheck("rmse", True, "", 0.8571, 1.0, 0.8547, 0.8594),
    GateCheck("bias", True, "", -0.0153, -0.005, -0.0161, -0.0145),
    GateCheck("popularity", True, "", 0.1624, 0.0, 0.1561, 0.1689),
    GateCheck("coverage", True, "", 0.412, 0.05),
    GateCheck("champion_rmse", True, "", 0.9981, 1.005, 0.9969, 0.9993),
    GateCheck("champion_ndcg", True, "", 0.0031, 0.0, -0.0008, 0.0069),
    GateCheck("groups", True, "", 0.021, 0.1),
    GateCheck("new_events", True, "", 61_204, 1_000),
    GateCheck("answer_ms", True, "", 1.9, 50),
    GateCheck("rejected", True, ""),
)
_DRIFT = {
    "rating_mean": {"now": 2.41, "before": 3.52, "lines": 18_220},
    "watch_share": {"now": 0.41, "before": 0.93, "lines": 61_002},
}
