"""The verdict of the gate for a person: `gate.md`."""

from auto_deployment.report.model_sentences import activity_sentence, recent_sentences
from auto_deployment.training.gate.checks import GateCheck, GateResult, ListVerdict
from auto_deployment.training.gate.gate import GateFacts

HELD_OUT = {"global": "global cut", "per_user": "per user cut", "random": "at random, not by time"}
WORDS = {True: "passed", False: "**failed**", None: "**not computable**"}


def render_gate(result: GateResult, facts: GateFacts) -> str:
    """Return the page: the verdict, what did not pass in words, all checks as a table, the rest in words."""
    lines = [
        f"# Gate: {'passed' if result.passed else 'refused'}",
        "",
        _verdict(result),
        "",
        *(_said(check) for check in result.failed),
        *([""] if result.failed else []),
        *_warning(facts),
        "| check | verdict | value | interval | limit |",
        "|---|---|---:|---:|---:|",
        *(_row(check) for check in (*result.failed, *_passed(result))),
        "",
        "## What it was held against",
        "",
        *_about(facts),
        "",
        "## Lists against the champion's",
        "",
        *_lists(result.lists),
        "",
        "## What passed",
        "",
        *([_said(check) for check in _passed(result)] or ["Nothing."]),
    ]
    return "\n".join(lines) + "\n"


def _passed(result: GateResult) -> list[GateCheck]:
    return [check for check in result.checks if check.passed]


def _verdict(result: GateResult) -> str:
    if result.passed:
        return f"All {len(result.checks)} checks passed: this model may be published."
    return f"{len(result.failed)} of {len(result.checks)} checks did not pass: nothing is published."


def _warning(facts: GateFacts) -> list[str]:
    """Say what has no veto: of seven intervals one lies below zero by chance for a sixth of all models."""
    found = activity_sentence(facts.metrics["groups"], facts.metrics["ranking"]["cutoff"])
    return [f"Warning, without a veto: {found}", ""] if found else []


def _about(facts: GateFacts) -> list[str]:
    data, split = facts.metrics["data"], facts.metrics["split"]
    how = f"held out ({HELD_OUT[split['kind']]})"
    return [
        f"- Data: {data['ratings']:,} ratings and {data['watches']:,} watches of {data['users']:,} users and "
        f"{data['movies']:,} movies, {_minute(data['first_time'])} to {_minute(data['last_time'])} UTC.",
        f"- Split: {split['train']:,} to learn from, {split['test']:,} {how}.",
        f"- Champion: {facts.champion.get('version') or 'none'}, {facts.champion['source']}.",
        *(f"- {said}" for said in recent_sentences(facts.metrics.get("recent"))),
    ]


def _lists(lists: ListVerdict) -> list[str]:
    """Say how lists differ; what goes beyond its limit asks for a review and is no reason to refuse."""
    words = {True: "within", False: "**beyond**"}
    said = "A person decides: `lists.html` beside this page shows the lists of ten users."
    return [
        lists.sentence,
        *([said] if lists.needs_review else []),
        *([""] if lists.checks else []),
        *(f"- {words[bool(one.passed)]}: {one.sentence}" for one in lists.checks),
    ]


def _minute(time: str | None) -> str:
    return "nothing" if time is None else time[:16].replace("T", " ")


def _said(check: GateCheck) -> str:
    return f"- **{check.name}**: {' '.join(check.sentence.split())}"


def _row(check: GateCheck) -> str:
    known = check.low is not None and check.high is not None
    interval = f"{_figure(check.low)} to {_figure(check.high)}" if known else ""
    words = (check.name, WORDS[check.passed], _figure(check.value), interval, _figure(check.limit))
    return f"| {' | '.join(words)} |"


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
