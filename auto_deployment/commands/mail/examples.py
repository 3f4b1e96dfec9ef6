"""A mail of every kind from made-up facts: to look at them, and to test the way to a mailbox."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from auto_deployment.cycle.mail_pages import (
    drift_mail,
    failed_mail,
    published_mail,
    refused_mail,
    unchanged_mail,
    waiting_mail,
)
from auto_deployment.mail.facts import (
    CycleFacts,
    DataProfile,
    DriftFacts,
    DriftFinding,
    GateCheckFacts,
    ReleaseFacts,
)
from auto_deployment.mail.mail import Mail
from auto_deployment.release.mail_pages import (
    aborted_mail,
    approval_mail,
    candidate_mail,
    metrics_unavailable_mail,
    promoted_mail,
    rollback_aborted_mail,
    rolled_back_mail,
    superseded_mail,
)

BEGUN = datetime(2026, 3, 5, 6, 10, tzinfo=UTC)
MODEL, CODE, BEFORE = "20260305T0552-3f9a21c4", "8d41c0e", "20260303T0551-b07c11e9"


@dataclass(frozen=True, slots=True)
class ExampleCheck:
    name: str
    outcome: str
    stable: float | None
    canary: float | None
    limit: float
    n: int
    sentence: str


@dataclass(frozen=True, slots=True)
class ExampleCounts:
    users: int
    newly_bad: int


@dataclass(frozen=True, slots=True)
class ExampleTick:
    time: datetime
    phase: str
    counts: Mapping[str, ExampleCounts]
    mean_latency_ms: Mapping[str, float | None]
    metrics_available: bool = True


def all_examples() -> Iterator[tuple[str, Mail]]:
    """Yield every kind with its name."""
    done, over = _release(), BEGUN + timedelta(hours=12, minutes=10)
    begun = replace(
        done, checks=(), ticks=(), at=BEGUN, reason="It passed the gate and was handed in for release."
    )
    yield "candidate", candidate_mail(begun)
    yield "promoted", promoted_mail(replace(done, at=over, reason=_PROMOTED))
    yield "approval", approval_mail(replace(done, at=over, reason=_PROMOTED))
    yield "aborted", aborted_mail(_aborted())
    back = replace(begun, stable_release=done.release, model_version=BEFORE, release=f"{BEFORE}-{CODE}")
    back = replace(back, requested_by="somebody", reason=f"It served before. {_BACK}")
    yield "rolled-back", rolled_back_mail(replace(back, rejected="artefact"))
    yield "rollback-aborted", rollback_aborted_mail(replace(back, by="somebody", reason=_NOT_BACK))
    yield (
        "superseded",
        superseded_mail(replace(begun, successor=f"20260305T0911-aa01bc23-{CODE}", reason=_NEWER)),
    )
    yield "metrics-unavailable", metrics_unavailable_mail(_blind())
    yield "published", published_mail(_cycle())
    yield "review", published_mail(replace(_cycle(), review_branch=f"model/{MODEL}"))
    yield "refused", refused_mail(_refused())
    yield "failed", failed_mail(_failed())
    nothing = replace(_failed(), step="", damaged={}, sentence=_UNCHANGED, new_segments=0, new_bytes=0)
    yield "unchanged", unchanged_mail(nothing)
    yield "waiting", waiting_mail(replace(nothing, sentence=_WAITING))
    yield "drift", drift_mail(_DRIFT)


def _release() -> ReleaseFacts:
    return ReleaseFacts(
        release=f"{MODEL}-{CODE}", model_version=MODEL, code_revision=CODE, requested_at=BEGUN, at=BEGUN,
        reason="", checks=_KEPT, ticks=_ticks(727, 41.0, 0.004), stable_release=f"{BEFORE}-{CODE}",
        earliest_promotion=BEGUN + timedelta(hours=12, minutes=10), latest_decision=BEGUN + timedelta(days=1),
        mean_latency_max_ms=500,
    )  # fmt: skip


def _aborted() -> ReleaseFacts:
    slow, _, _, popular, sample = (replace(check, n=1039) for check in _KEPT)
    bad = ExampleCheck(
        "bad-answers", "broken", None, 0.0433, 0.01, 1039,
        "45 of 1,039 users of the canary met a bad first answer (4.33 %; at most 1 % may): shown to be more "
        "(log evidence 26.9 of 5.7 against it, 0.0 of 3.0 in its favour).",
    )  # fmt: skip
    worse = ExampleCheck(
        "bad-against-stable", "broken", 0.0041, 0.0452, 1.25, 1039,
        "47 of 1,039 (4.52 %) users of the canary had a bad answer, on stable 17 of 4,132 (0.41 %), 10.99 "
        "times as many: shown to exceed 1.25 times stable's share (log evidence 22.4 of 5.7).",
    )  # fmt: skip
    slow = replace(slow, outcome="open", canary=63.2, n=1480, sentence=(
        "Successful recommendations of the canary take 63.2 ms on average (must be below 500 ms, "
        "1,480 requests; decided at the end of the window)."
    ))  # fmt: skip
    sample = replace(sample, stable=4132, canary=1039)
    return replace(
        _release(), at=BEGUN + timedelta(minutes=33), checks=(slow, bad, worse, popular, sample),
        ticks=_ticks(23, 63.0, 0.045), rejected="artefact", reason=f"{bad.sentence} {worse.sentence}",
    )  # fmt: skip


def _blind() -> ReleaseFacts:
    since = BEGUN + timedelta(hours=3, minutes=20)
    seen = _ticks(200, 41.0, 0.004)
    unseen = tuple(
        replace(tick, metrics_available=False, counts={}, mean_latency_ms={})
        for tick in _ticks(206, 41.0, 0.004)[200:]
    )
    return replace(
        _release(), at=since + timedelta(minutes=6), unavailable_since=since,
        aborts_at=since + timedelta(hours=1), ticks=(*seen, *unseen),
        reason="Metrics have been unavailable for 6 min (limit 1 h, 206 ticks); the window waits at "
        "3 h 20 min.",
    )  # fmt: skip


def _ticks(count: int, canary_ms: float, bad: float) -> tuple[ExampleTick, ...]:
    """Return ticks of a day that swings a little; what is bad comes evenly."""
    ticks, owed = [], {"stable": 0.0, "canary": 0.0}
    for minute in range(count):
        counts = {}
        for track, users, share in (("stable", 180, 0.0041), ("canary", 45, bad)):
            seen = round(users * (1 + 0.3 * math.sin(minute / 115)))
            owed[track] += seen * share
            newly_bad, owed[track] = int(owed[track]), owed[track] % 1
            counts[track] = ExampleCounts(seen, newly_bad)
        settled = 1 + 2 * math.exp(-minute / 8)
        means = {
            "stable": 38 + 2 * math.sin(minute / 90),
            "canary": (canary_ms + math.sin(minute / 70)) * settled,
        }
        ticks.append(ExampleTick(BEGUN + timedelta(minutes=minute + 10), "baking", counts, means))
    return tuple(ticks)


def _cycle() -> CycleFacts:
    return CycleFacts(
        started=datetime(2026, 3, 5, 5, 51, 12, tzinfo=UTC),
        ended=datetime(2026, 3, 5, 5, 55, 40, tzinfo=UTC),
        sentence=f"{MODEL} is published.", version=MODEL, step="mark", checks=_GATE, metrics=_METRICS,
        champion=BEFORE, profile=_profile(), new_segments=192, new_bytes=48_211_934,
        next_run=datetime(2026, 3, 7, 5, 51, tzinfo=UTC),
    )  # fmt: skip


def _refused() -> CycleFacts:
    worse = (
        replace(_GATE[0], passed=False, value=1.0413, low=1.0372, high=1.0455, sentence=(
            "RMSE on later events (1-5) is 1.041 (1.037 to 1.045), at most 1 is allowed."
        )),
        replace(_GATE[1], passed=False, value=0.061, low=0.058, high=0.064, sentence=(
            "RMSE minus that of the biases alone is 0.061 (0.058 to 0.064), at most -0.005 is allowed."
        )),
    )  # fmt: skip
    sentence = f"{MODEL} was refused by the gate: {' '.join(check.sentence for check in worse)}"
    return replace(
        _cycle(),
        checks=(*worse, *_GATE[2:]),
        metrics=_METRICS | {"rmse": 1.0413},
        step="gate",
        sentence=sentence,
    )


def _failed() -> CycleFacts:
    return replace(
        _cycle(), checks=(), metrics={}, profile=None, version=None, step="upload",
        sentence="DVC's remote s3://models does not take the data: No space left on device.",
        advice="Make room there, or name another place in DVC_REMOTE.",
        damaged={"20260304T1911-000042": "its checksum is wrong; it was left out"},
    )  # fmt: skip


def _profile() -> DataProfile:
    days = [date(2026, 2, 4) + timedelta(days=day) for day in range(30)]
    swing = [1 + 0.25 * math.sin(day / 1.1) + 0.01 * day for day in range(30)]
    return DataProfile(
        kinds={"watches": 861_204, "ratings": 371_882},
        days=[
            (day, {"watches": round(26_000 * size), "ratings": round(11_300 * size)})
            for day, size in zip(days, swing, strict=True)
        ],
        groups={
            "gender": {"F": 531_022, "M": 668_917, "unknown": 33_147},
            "age": {
                "under 18": 48_120, "18-24": 301_774, "25-34": 411_380, "35-44": 233_601, "45-55": 141_092,
                "56 and over": 63_972, "unknown": 33_147,
            },
            "activity": {"1-18 events": 81_377, "19-61 events": 263_115, "62 events and more": 888_594},
        },
        users=20_114, movies=3_883,
    )  # fmt: skip


_KEPT = (
    ExampleCheck("mean-latency", "kept", 38.4, 41.2, 500, 31_204, ""),
    ExampleCheck("bad-answers", "kept", None, 0.0038, 0.01, 7_431, ""),
    ExampleCheck("bad-against-stable", "kept", 0.0041, 0.0044, 1.25, 7_431, ""),
    ExampleCheck("popular-against-stable", "kept", 0.112, 0.109, 1.25, 7_431, ""),
    ExampleCheck("sample", "kept", 29_812, 7_431, 500, 7_431, ""),
)
_PROMOTED = "The window of 12 h is over, and all five checks are kept."
_BACK = "Requested by somebody: users complain about their lists."
_NOT_BACK = "Aborted by somebody: the lists were right."
_NEWER = "A newer candidate was handed in while this one was baking."
_UNCHANGED = (
    f"Nothing has changed since {BEFORE}: no new segment, the same parameters and champion, and the same "
    "code of every step up to the gate."
)
_WAITING = "Nothing to train on yet: ingest closes its next segment at 05:56 UTC."
_METRICS = {
    "rmse": 0.8571, "rmse_bias": 0.8724, "ndcg_at_10": 0.3412, "ndcg_at_10_popularity": 0.1788,
    "hit_rate": 0.871, "coverage": 0.412,
}  # fmt: skip
_GATE = (
    GateCheckFacts("rmse", True, "", 0.8571, 1.0, 0.8547, 0.8594),
    GateCheckFacts("bias", True, "", -0.0153, -0.005, -0.0161, -0.0145),
    GateCheckFacts("popularity", True, "", 1.908, 1.05, 1.871, 1.944),
    GateCheckFacts("coverage", True, "", 0.412, 0.05),
    GateCheckFacts("champion_rmse", True, "", 0.9981, 1.005, 0.9969, 0.9993),
    GateCheckFacts("champion_ndcg", True, "", 0.0031, 0.0, -0.0008, 0.0069),
    GateCheckFacts("groups", True, "", 0.021, 0.1),
    GateCheckFacts("new_events", True, "", 61_204, 1_000),
    GateCheckFacts("answer_ms", True, "", 1.9, 50),
    GateCheckFacts("rejected", True, ""),
)
_DRIFT = DriftFacts(
    BEGUN,
    (DriftFinding("rating_mean", 2.41, 3.52, 18_220), DriftFinding("watch_share", 0.41, 0.93, 61_002)),
    trailing_days=7,
)
