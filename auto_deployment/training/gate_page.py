"""The verdict of the gate for a person: `gate.md`."""

from auto_deployment.training.gate import GateFacts
from auto_deployment.training.gate_checks import GateCheck, GateResult

WORDS = {True: "passed", False: "**failed**", None: "**not computable**"}


def render_gate(result: GateResult, facts: GateFacts) -> str:
    """Return the page: the verdict in one sentence, then every check with value, interval and limit."""
    data, split = facts.metrics["data"], facts.metrics["split"]
    lines = [
        f"# Gate: {'passed' if result.passed else 'refused'}",
        "",
        _sentence(result),
        "",
        f"Data: {data['ratings']:,} ratings and {data['watches']:,} watches of {data['users']:,} users and "
        f"{data['movies']:,} movies, {data['first_time']} to {data['last_time']}; {split['train']:,} events "
        f"to learn from, {split['test']:,} held out ({split['kind'].replace('_', ' ')}).",
        f"Champion: {facts.champion.get('version') or 'none'} ({facts.champion['source']}).",
        "",
        "| check | value | interval | limit | verdict | |",
        "|---|---|---|---|---|---|",
        *(_row(check) for check in result.checks),
    ]
    return "\n".join(lines) + "\n"


def _sentence(result: GateResult) -> str:
    if result.passed:
        return f"All {len(result.checks)} checks passed: this model may be published."
    names = ", ".join(check.name for check in result.failed)
    return (
        f"{len(result.failed)} of {len(result.checks)} checks did not pass ({names}): nothing is published."
    )


def _row(check: GateCheck) -> str:
    interval = "" if check.low is None or check.high is None else f"{check.low:.4g} to {check.high:.4g}"
    value = "" if check.value is None else f"{check.value:.4g}"
    limit = "" if check.limit is None else f"{check.limit:.4g}"
    sentence = check.sentence.replace("|", "\\|").replace("\n", " ")
    return f"| {check.name} | {value} | {interval} | {limit} | {WORDS[check.passed]} | {sentence} |"
