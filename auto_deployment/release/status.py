"""A release's state as a tree for people and as JSON. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auto_deployment.host.codec import to_plain
from auto_deployment.host.durations import duration
from auto_deployment.release.judge.judge import judge
from auto_deployment.release.judge.judgement import CheckOutcome, Judgement, ReleaseVerdict
from auto_deployment.release.judge.ticks import TRACKS, evidence
from auto_deployment.release.online.reader import NO_MEASURES, Online
from auto_deployment.release.online.words import online_line
from auto_deployment.release.origin import origin_line
from auto_deployment.release.params import ReleaseParams
from auto_deployment.release.phases import deadline, judge_params
from auto_deployment.release.reconcile import CANARY_NAME, Traffic
from auto_deployment.release.release import GIVEN_UP, Kind, Phase, Release, ReleaseCommand
from auto_deployment.release.store import Record

HELD, NOT_HELD = "!", "·"  # groups: a person has to look
MARKS = dict(zip(CheckOutcome, "✓✗…?-", strict=True))
PHASES = (Phase.STARTING, Phase.WARMING, Phase.BAKING, Phase.PROMOTING, Phase.PROMOTED)
# What a script asks for by `$?`.
EXIT = {Phase.PROMOTED: 0, Phase.ABORTED: 3, Phase.SUPERSEDED: 4, Phase.INCONCLUSIVE: 5}
UNDER_WAY = 10


def judgement_of(record: Record, params: ReleaseParams) -> Judgement | None:
    """Return the verdict on a release's evidence so far, None without any."""
    if not evidence(record.ticks):
        return None
    return judge(record.ticks, judge_params(record.release, params))


@dataclass(frozen=True, slots=True)
class ReleaseStatus:
    """Everything that is shown."""

    now: datetime
    serving: str | None
    record: Record | None
    traffic: Traffic
    weights: Mapping[str, int]  # of all of a track's instances that get requests
    params: ReleaseParams
    needs_approval: bool
    online: Online = NO_MEASURES
    judged: Judgement | None = None  # where somebody has judged the evidence already

    @property
    def judgement(self) -> Judgement | None:
        """Return the verdict on the evidence so far, None without any."""
        if self.judged is not None:
            return self.judged
        return judgement_of(self.record, self.params) if self.record else None

    def exit_status(self) -> int:
        """Return 0 promoted or nothing to do, 3 aborted, 4 superseded, 5 inconclusive, 10 under way."""
        if self.record is None:
            return 0
        return EXIT.get(self.record.release.phase, UNDER_WAY)


def to_json(status: ReleaseStatus) -> dict[str, Any]:
    """Return plain values."""
    judgement = status.judgement
    return {
        "now": status.now.isoformat(),
        "serving": status.serving,
        "phase": status.record.release.phase.value if status.record else None,
        "release": to_plain(status.record.release) if status.record else None,
        "traffic": {"instances": sorted(status.traffic.names), "weights": dict(status.weights)},
        "measured_share": _shares(status.record),
        "judgement": judgement.to_json() if judgement else None,
        "edge_log": _uncounted(status.record),
        "online": to_plain(status.online),
        "next": what_next(status),
    }


def tree(status: ReleaseStatus) -> str:
    """Draw the tree."""
    if status.record is None:
        serves = status.serving or "what was started first"
        return f"{serves} serves everybody; no release yet.\n└─ next: {what_next(status)}\n"
    release = status.record.release
    kind = "Release" if release.kind is Kind.CANDIDATE else "Rollback to"
    lines = [f"{kind} {release.id}  {_line_of_phases(release)}"]
    judgement = status.judgement
    lines += [f"├─ {name:<11}{said}" for name, said in facts_of(status)]
    if judgement is not None:
        lines.append(f"├─ evidence   {_window(judgement)}")
        if judgement.below_slo_s:
            lines.append(f"├─ service    {judgement.reason}")
        lines += _checks(judgement)
    lines.append(f"└─ next       {what_next(status)}")
    return "\n".join(lines) + "\n"


def facts_of(status: ReleaseStatus) -> list[tuple[str, str]]:
    """Return what is to be said of a release besides its checks, each under a word."""
    if status.record is None:
        return []
    release = status.record.release
    return [
        ("phase", f"{release.phase} for {duration(status.now - release.since)}: {release.reason}"),
        ("requested", f"{_clock(release.requested_at)} by {release.requested_by}"),
        *([("from", origin_line(release.origin))] if release.origin else []),
        ("stable", release.stable.release),
        ("traffic", _traffic(status)),
        *(("said", _said(command)) for command in release.commands),
        *([("edge log", _edge_log(status.record))] if status.record.ticks else []),
        ("watched", online_line(status.online)),
    ]


def _said(command: ReleaseCommand) -> str:
    said = f"{command.action} by {command.by}, {_clock(command.at)}"
    return f"{said}: {command.reason}" if command.reason else said


def what_next(status: ReleaseStatus) -> str:
    """Say what happens next, and when."""
    if status.record is None:
        return "scripts/deploy.sh begins a release; under `make run`, `marquee release deploy` does."
    release, params = status.record.release, status.params
    late = deadline(release, params)
    by = f" by {_clock(late)}" if late else ""
    judgement = status.judgement
    if release.phase is Phase.BAKING and judgement is not None:
        if judgement.verdict is ReleaseVerdict.PROMOTE and (status.needs_approval or judgement.held):
            return "every check is kept; it waits until a person says `approve` or `reject`."
        if judgement.verdict is ReleaseVerdict.METRICS_UNAVAILABLE:
            return "the window waits for metrics; aborted if they stay away."
        left = duration(judgement.window_left_s)
        if judgement.below_slo_s:
            return f"the window waits until the service keeps its SLO again, {left} are left; over{by}."
        return f"promoted in {left} if every check is kept; a broken one aborts at once; over{by}."
    return {
        Phase.REQUESTED: "the canary starts.",
        Phase.STARTING: f"the canary becomes healthy{by}, or it is aborted.",
        Phase.WARMING: f"from {_clock(late) if late else 'soon'} on, what users meet counts as evidence.",
        Phase.BAKING: "the first evaluation.",
        Phase.PROMOTING: "one stable after the other gets it.",
        Phase.PROMOTED: "it serves everybody; scripts/rollback.sh goes back.",
        Phase.ABORTED: "stable serves everybody; the next deploy begins a new release.",
        Phase.SUPERSEDED: "the newer candidate takes its place.",
        Phase.INCONCLUSIVE: "stable serves everybody; nothing is rejected, deploy it again.",
    }[release.phase]


def history_line(release: Release) -> str:
    """Return one line of the history."""
    kind = "" if release.kind is Kind.CANDIDATE else " (rollback)"
    spent = duration(release.since - release.requested_at)
    origin = f" (from {origin_line(release.origin)})" if release.origin else ""
    return (
        f"{_clock(release.requested_at)}  {release.phase:<11}{spent:>12}  {release.id}{kind}: "
        f"{release.reason}{origin}"
    )


def _line_of_phases(release: Release) -> str:
    if release.phase in (*GIVEN_UP, Phase.SUPERSEDED):
        return f"✗ {release.phase}"
    passed = [phase for phase in PHASES if release.entered(phase)]
    ahead = [phase for phase in PHASES if phase not in passed and release.under_way]
    done = " ─ ".join(f"[{phase}]" if phase is release.phase else phase.value for phase in passed)
    return " ─ ".join(filter(None, (done, " · ".join(phase.value for phase in ahead))))


def _traffic(status: ReleaseStatus) -> str:
    total = sum(status.weights.values())
    told = (
        ", ".join(f"{track} {100 * one / total:.0f} %" for track, one in status.weights.items())
        if total
        else "-"
    )
    shares = _shares(status.record)
    met = f"; measured: canary {100 * shares['canary']:.1f} % of users" if shares else ""
    canary = "" if CANARY_NAME in status.traffic.names else " (the canary gets none)"
    return f"{told}{canary}{met}"


def _shares(record: Record | None) -> dict[str, float] | None:
    ticks = evidence(record.ticks) if record else []
    users = {track: sum(tick.of(track).users for tick in ticks) for track in TRACKS}
    total = sum(users.values())
    return {track: count / total for track, count in users.items()} if total else None


def _uncounted(record: Record | None) -> dict[str, int]:
    ticks = record.ticks if record else ()
    return {
        "damaged_lines": sum(tick.damaged_lines for tick in ticks),
        "foreign_attempts": sum(tick.foreign_attempts for tick in ticks),
    }


def _edge_log(record: Record) -> str:
    damaged, foreign = _uncounted(record).values()
    if not damaged and not foreign:
        return "every line counts"
    return f"{damaged:,} damaged lines, {foreign:,} attempts at addresses of neither track: no evidence"


def _window(judgement: Judgement) -> str:
    whole = judgement.window_s + judgement.window_left_s
    done = round(20 * judgement.window_s / whole) if whole else 20
    spans = f"{duration(judgement.window_s)} of {duration(whole)}"
    return f"{'█' * done}{'░' * (20 - done)} {spans}: {judgement.verdict}"


def _checks(judgement: Judgement) -> list[str]:
    rows = [(MARKS[check.outcome], check.name, check.sentence) for check in judgement.checks]
    rows += [(HELD if one.held else NOT_HELD, one.group, one.sentence) for one in judgement.groups]
    lines = []
    for number, (mark, name, said) in enumerate(rows, 1):
        corner = "└─" if number == len(rows) else "├─"
        lines.append(f"│  {corner} {mark} {name:<23}{said}")
    return lines


def _clock(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
