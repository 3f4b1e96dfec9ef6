"""Mails of a release, one function for each kind. Pure: what happened to a release in, mail out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from auto_deployment.mail.format import clock, within
from auto_deployment.mail.mail import Mail
from auto_deployment.mail.page import (
    BAD,
    GOOD,
    OPEN,
    PLAIN,
    Command,
    Page,
    Picture,
    Section,
    compose,
)
from auto_deployment.mail.plots import tracks_plot
from auto_deployment.release.consequences import rejection
from auto_deployment.release.judge.judgement import Judgement
from auto_deployment.release.judge.table import checks_table, groups_table
from auto_deployment.release.judge.ticks import evidence
from auto_deployment.release.online.reader import NO_MEASURES, Online
from auto_deployment.release.online.words import online_section
from auto_deployment.release.origin import described
from auto_deployment.release.params import ReleaseParams
from auto_deployment.release.phases import judge_params
from auto_deployment.release.records import ARTEFACT, CODE
from auto_deployment.release.release import Action, Phase, Release
from auto_deployment.release.store import Record

COMMAND = "docker compose exec controller marquee release"
STEERING = {"promote": "Promote it now", "abort": "Abort it now", "extend": "Watch it for longer"}
WITH_ONLINE = ("promoted", "aborted")
ANSWERS = {"approve": "Promote it", "reject": "Abort it", "extend": "Watch it for longer"}


@dataclass(frozen=True, slots=True)
class ReleaseEvent:
    """What a mail is about: a release and the verdict on its evidence, at the moment of the event."""

    record: Record
    judgement: Judgement | None  # None: there is no evidence
    params: ReleaseParams
    at: datetime
    command: str = COMMAND  # what precedes promote, abort, extend
    online: Online = NO_MEASURES  # whether its lists are watched

    @property
    def release(self) -> Release:
        return self.record.release

    @property
    def reason(self) -> str:
        over = not self.release.under_way
        return self.release.reason if over or self.judgement is None else self.judgement.reason

    @property
    def rejected(self) -> str | None:
        """Return ARTEFACT or CODE, whichever is never released again."""
        rejected = rejection(self.release)
        return rejected.kind if rejected else None


def candidate_mail(event: ReleaseEvent) -> Mail:
    """A candidate was accepted for release."""
    release, limits = event.release, judge_params(event.release, event.params)
    warm = release.requested_at + timedelta(seconds=event.params.warming_s)
    begins = release.entered(Phase.BAKING) or warm
    earliest = within(begins + timedelta(seconds=limits.window_s), event.at)
    latest = within(begins + timedelta(seconds=limits.max_window_s), event.at)
    following = [
        "It starts beside stable, and once it is healthy, its share of the users is sent to it.",
        f"If every check is kept, it replaces stable on {earliest} at the earliest.",
        f"If nothing is shown by {latest}, it ends as inconclusive, and nothing is rejected.",
    ]
    return _mail("candidate", "Candidate", "accepted for release", PLAIN, event, following, _steering(event))


def promoted_mail(event: ReleaseEvent) -> Mail:
    """The candidate serves everybody."""
    following = [
        "All instances serve it from now on.",
        f"What served before, {event.release.stable.release}, stays on this host for a rollback.",
    ]
    commands = [_command(event, "rollback", "Bring the version before back")]
    return _mail("promoted", "Promoted", "", GOOD, event, following, commands)


def rolled_back_mail(event: ReleaseEvent) -> Mail:
    """A person put an earlier version back; the release is that of what serves now."""
    stable = event.release.stable.release
    following = [f"All instances serve {event.release.id} again in the place of {stable}."]
    if event.rejected == ARTEFACT:
        following.append(f"{stable} is marked as rejected: it is not released again.")
    elif event.rejected == CODE:
        following.append(f"The code of {stable} is marked as rejected: no deploy takes it again.")
    return _mail("rolled-back", "Rolled back", "", OPEN, event, following, _looking_back(event))


def rollback_aborted_mail(event: ReleaseEvent) -> Mail:
    """An earlier version was to be put back, and is not."""
    release, stable = event.release.id, event.release.stable.release
    following = [f"{release} is not put back: {stable} serves everybody. Nothing is rejected."]
    return _mail(
        "rollback-aborted", "Aborted", "is not put back", BAD, event, following, _looking_back(event)
    )


def aborted_mail(event: ReleaseEvent) -> Mail:
    """The candidate is gone."""
    stable = event.release.stable.release
    following = [f"The canary is gone. Stable, {stable}, serves everybody; no user waits for anything."]
    if event.rejected == ARTEFACT:
        following.append(
            "This artefact is marked as rejected by its content: no deploy takes it and the retraining cycle "
            "does not publish it again, whatever its version."
        )
    elif event.rejected == CODE:
        following.append(
            f"The code revision {event.release.candidate.code_revision} is marked as rejected: no deploy "
            "takes it again. The model is not condemned."
        )
    return _mail("aborted", "Aborted", "", BAD, event, following, _looking_back(event))


def inconclusive_mail(event: ReleaseEvent) -> Mail:
    """Too little was shown in all the time that there is."""
    stable = event.release.stable.release
    following = [
        f"The canary is gone. Stable, {stable}, serves everybody; no user waits for anything.",
        "Nothing is rejected: the same candidate may be released again.",
        "If traffic is simply little, `marquee release plan` says which window and min_users fit it.",
    ]
    return _mail("inconclusive", "Inconclusive", "", OPEN, event, following, _looking_back(event))


def below_slo_mail(event: ReleaseEvent) -> Mail:
    """Both tracks fail: the service has a problem, and it is not the candidate's."""
    ends = event.release.entered(Phase.BAKING) or event.at
    ends += timedelta(seconds=judge_params(event.release, event.params).max_window_s)
    following = [
        "Stable fails as well as the canary, so this is not the candidate: aborting it would not help.",
        "The clock of the window stands still until fewer answers are bad, and goes on by itself.",
        f"If that lasts until {within(ends, event.at)}, it ends as inconclusive; nothing is rejected.",
        "Look what both tracks have in common: the host, its disk, what else runs there.",
    ]
    return _mail("below-slo", "Service below its SLO", "", BAD, event, following, _steering(event))


def superseded_mail(event: ReleaseEvent) -> Mail:
    """A newer candidate took its place."""
    newer = event.release.reason.rpartition(": ")[2].rstrip(".")
    following = [f"Next is {newer}: it starts from nothing, with other users. This one is not rejected."]
    return _mail("superseded", "Superseded", "", PLAIN, event, following, _steering(event, release=newer))


def approval_mail(event: ReleaseEvent) -> Mail:
    """Every check is kept, and a person has to say yes."""
    following = [
        "Nothing changes until somebody says so: the canary goes on serving its share of the users.",
        "It waits for an answer for as long as every check is kept; a broken one aborts it.",
    ]
    return _mail("approval", "Waiting for approval", "", OPEN, event, following, _steering(event, ANSWERS))


def metrics_unavailable_mail(event: ReleaseEvent) -> Mail:
    """The judge cannot see: the window stands still."""
    since = event.record.unavailable_since or event.at
    aborts_at = since + timedelta(seconds=event.params.judge.metrics_unavailable_max_s)
    following = [
        f"Since {clock(since)} the clock of the window stands still: what is not measured neither promotes "
        "nor aborts.",
        f"If that lasts until {within(aborts_at, event.at)}, the release is aborted.",
        "Look whether Prometheus answers and whether NGINX writes its edge log.",
    ]
    kind, outage = "metrics-unavailable", since.isoformat(timespec="seconds")
    return _mail(kind, "Metrics unavailable", "", OPEN, event, following, _steering(event), outage)


def _mail(
    kind: str,
    verdict: str,
    more: str,
    tone: str,
    event: ReleaseEvent,
    following: Sequence[str],
    commands: Sequence[Command],
    part: str = "",
) -> Mail:
    """Put a mail together; of one kind a release has one, or one for each `part`."""
    release, model = event.release, event.release.candidate.model_version
    watched = [online_section(event.online)] if kind in WITH_ONLINE else []
    then = Section("What happens next", following, commands=commands)
    sections = [*_evidence(event), *watched, then]
    page = Page(verdict, tone, f"Model {model}", event.reason, sections, _facts(event, kind))
    begun = f"{release.id}/{release.requested_at.isoformat(timespec='seconds')}"
    key = "/".join(filter(None, (kind, begun, part)))
    subject = f"{verdict}: model {model} {more}".strip()
    return compose(page, key, event.at, subject, thread=f"release/{begun}")


def _evidence(event: ReleaseEvent) -> list[Section]:
    sections = []
    if event.judgement is not None and event.judgement.checks:
        table = checks_table(event.judgement.checks, event.reason)
        sections.append(Section("Checks", tables=[table]))
        if event.judgement.groups:
            said = ["These never abort; one that is held waits for a person."]
            sections.append(Section("By gender and age", said, tables=[groups_table(event.judgement.groups)]))
    if ticks := evidence(event.record.ticks):
        plot = tracks_plot(ticks, event.params.judge.mean_latency_max_ms)
        shows = "mean latency and share of users with a bad answer on stable and canary over the window"
        blind = not all(tick.metrics_available for tick in ticks)
        said = ["Grey: metrics were unavailable."] if blind else []
        pictures = [Picture("tracks", plot, shows)]
        sections.append(Section("Both tracks over the window", said, pictures=pictures))
    return sections


def _steering(event: ReleaseEvent, words: Mapping[str, str] = STEERING, release: str = "") -> list[Command]:
    """Return commands that mean this release only: an old mail does nothing to a later one."""
    meant = f"--release {release or event.release.id} --by $USER"
    return [_command(event, f"{word} {meant}", does) for word, does in words.items()]


def _looking_back(event: ReleaseEvent) -> list[Command]:
    return [_command(event, "history", "Look back")]


def _command(event: ReleaseEvent, words: str, does: str) -> Command:
    return Command(does, f"{event.command} {words}")


def _facts(event: ReleaseEvent, kind: str) -> list[tuple[str, str]]:
    release = event.release
    said = release.command(Action.ABORT, Action.REJECT, Action.PROMOTE, Action.APPROVE)
    known = [
        ("Release", release.id),
        ("Code", release.candidate.code_revision),
        ("Before" if kind in ("promoted", "rolled-back") else "Stable", release.stable.release),
        ("Requested", clock(release.requested_at)),
        ("Now", clock(event.at)),
        ("Requested by", release.requested_by),
        ("Decided by", said.by if said else ""),
    ]
    return [*((name, found) for name, found in known if found), *described(release.origin)]
