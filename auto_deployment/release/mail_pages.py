"""Mails of a release, one function for each kind. Pure: facts in, mail out."""

from collections.abc import Sequence

from auto_deployment.mail.facts import ReleaseFacts
from auto_deployment.mail.format import clock, release_row, within
from auto_deployment.mail.mail import Mail
from auto_deployment.mail.page import (
    BAD,
    GOOD,
    OPEN,
    PLAIN,
    Command,
    Page,
    Picture,
    Row,
    Section,
    Table,
    compose,
)
from auto_deployment.mail.plots import tracks_plot

HEAD = ("check", "stable", "canary", "limit", "n", "verdict")


def candidate_mail(facts: ReleaseFacts) -> Mail:
    """A candidate was accepted for release."""
    following = ["It starts beside stable, and once it is healthy, its share of the users is sent to it."]
    if facts.earliest_promotion is not None:
        when = within(facts.earliest_promotion, facts.at)
        following.append(f"If every check is kept, it replaces stable on {when} at the earliest.")
    if facts.latest_decision is not None:
        when = within(facts.latest_decision, facts.at)
        following.append(f"If nothing is shown by {when}, it is aborted as inconclusive.")
    return _mail("candidate", "Candidate", "accepted for release", PLAIN, facts, following, _steering(facts))


def promoted_mail(facts: ReleaseFacts) -> Mail:
    """The candidate serves everybody."""
    following = ["All instances serve it from now on."]
    commands: Sequence[Command] = ()
    if facts.stable_release is not None:
        following.append(f"What served before, {facts.stable_release}, stays on this host for a rollback.")
        commands = [_command(facts, "rollback", "Bring the version before back")]
    return _mail("promoted", "Promoted", "", GOOD, facts, following, commands)


def rolled_back_mail(facts: ReleaseFacts) -> Mail:
    """A person put an earlier version back; the facts are those of what serves now."""
    instead = "" if facts.stable_release is None else f" in the place of {facts.stable_release}"
    following = [f"All instances serve {facts.release} again{instead}."]
    if facts.rejected == "artefact":
        following.append(f"{facts.stable_release} is marked as rejected: it is not released again.")
    elif facts.rejected == "code":
        following.append(
            f"The code of {facts.stable_release} is marked as rejected: no deploy takes it again."
        )
    return _mail("rolled-back", "Rolled back", "", OPEN, facts, following, _looking_back(facts))


def rollback_aborted_mail(facts: ReleaseFacts) -> Mail:
    """An earlier version was to be put back, and is not."""
    stable = facts.stable_release or "what served before"
    following = [f"{facts.release} is not put back: {stable} serves everybody. Nothing is rejected."]
    return _mail(
        "rollback-aborted", "Aborted", "is not put back", BAD, facts, following, _looking_back(facts)
    )


def aborted_mail(facts: ReleaseFacts) -> Mail:
    """The candidate is gone."""
    stable = "Stable" if facts.stable_release is None else f"Stable, {facts.stable_release},"
    following = [f"The canary is gone. {stable} serves everybody; no user waits for anything."]
    if facts.rejected == "artefact":
        following.append(
            "This artefact is marked as rejected by its content: no deploy takes it and the retraining cycle "
            "does not publish it again, whatever its version."
        )
    elif facts.rejected == "code":
        following.append(
            f"The code revision {facts.code_revision} is marked as rejected: no deploy takes it again. The "
            "model is not condemned."
        )
    return _mail("aborted", "Aborted", "", BAD, facts, following, _looking_back(facts))


def superseded_mail(facts: ReleaseFacts) -> Mail:
    """A newer candidate took its place."""
    newer = facts.successor or "the newer candidate"
    following = [f"Next is {newer}: it starts from nothing, with other users. This one is not rejected."]
    commands = _steering(facts, facts.successor) if facts.successor is not None else []
    return _mail("superseded", "Superseded", "", PLAIN, facts, following, commands)


def approval_mail(facts: ReleaseFacts) -> Mail:
    """Every check is kept, and a person has to say yes."""
    following = ["Nothing changes until somebody says so: the canary goes on serving its share of the users."]
    following.append("It waits for an answer for as long as every check is kept; a broken one aborts it.")
    commands = [
        _word(facts, "approve", "Promote it"),
        _word(facts, "reject", "Abort it"),
        _word(facts, "extend", "Watch it for longer"),
    ]
    return _mail("approval", "Waiting for approval", "", OPEN, facts, following, commands)


def metrics_unavailable_mail(facts: ReleaseFacts) -> Mail:
    """The judge cannot see: the window stands still."""
    following = ["The clock of the window stands still: what is not measured neither promotes nor aborts."]
    if facts.unavailable_since is not None:
        following[0] = (
            f"Since {clock(facts.unavailable_since)} the clock of the window stands still: what is "
        )
        following[0] += "not measured neither promotes nor aborts."
    if facts.aborts_at is not None:
        following.append(f"If that lasts until {within(facts.aborts_at, facts.at)}, the release is aborted.")
    following.append("Look whether Prometheus answers and whether NGINX writes its edge log.")
    return _mail("metrics-unavailable", "Metrics unavailable", "", OPEN, facts, following, _steering(facts))


def _mail(
    kind: str,
    verdict: str,
    more: str,
    tone: str,
    facts: ReleaseFacts,
    following: Sequence[str],
    commands: Sequence[Command],
) -> Mail:
    sections = [*_evidence(facts), Section("What happens next", following, commands=commands)]
    page = Page(verdict, tone, f"Model {facts.model_version}", facts.reason, sections, _facts(facts, kind))
    begun = f"{facts.release}/{facts.requested_at.isoformat(timespec='seconds')}"
    outage = facts.unavailable_since if kind == "metrics-unavailable" else None
    key = f"{kind}/{begun}" + (f"/{outage.isoformat(timespec='seconds')}" if outage else "")
    subject = f"{verdict}: model {facts.model_version} {more}".strip()
    return compose(page, Mail(key, facts.at, subject, "", "", thread=f"release/{begun}"))


def _evidence(facts: ReleaseFacts) -> list[Section]:
    sections = []
    if facts.checks:
        rows = []
        for check in facts.checks:
            cells, tone = release_row(check)
            is_said = check.outcome == "kept" or check.sentence in facts.reason
            rows.append(Row(cells, tone, "" if is_said else check.sentence))
        sections.append(Section("Checks", tables=[Table(HEAD, tuple(rows))]))
    if facts.ticks:
        plot = tracks_plot(facts.ticks, facts.mean_latency_max_ms)
        shows = "mean latency and share of users with a bad answer on stable and canary over the window"
        blind = not all(tick.metrics_available for tick in facts.ticks)
        said = ["Grey: metrics were unavailable."] if blind else []
        sections.append(
            Section("Both tracks over the window", said, pictures=[Picture("tracks", plot, shows)])
        )
    return sections


def _steering(facts: ReleaseFacts, release: str | None = None) -> list[Command]:
    return [
        _word(facts, "promote", "Promote it now", release),
        _word(facts, "abort", "Abort it now", release),
        _word(facts, "extend", "Watch it for longer", release),
    ]


def _word(facts: ReleaseFacts, verb: str, does: str, release: str | None = None) -> Command:
    """Return a command that means this release only: an old mail does nothing to a later one."""
    return Command(does, f"{facts.command} {verb} --release {release or facts.release} --by $USER")


def _looking_back(facts: ReleaseFacts) -> list[Command]:
    return [_command(facts, "history", "Look back")]


def _command(facts: ReleaseFacts, verb: str, does: str) -> Command:
    return Command(does, f"{facts.command} {verb}")


def _facts(facts: ReleaseFacts, kind: str) -> list[tuple[str, str]]:
    known = [
        ("Release", facts.release),
        ("Code", facts.code_revision),
        ("Before" if kind in ("promoted", "rolled-back") else "Stable", facts.stable_release),
        ("Requested", clock(facts.requested_at)),
        ("Now", clock(facts.at)),
        ("Requested by", facts.requested_by),
        ("Decided by", facts.by),
    ]
    return [*((name, value) for name, value in known if value is not None), *facts.origin]
