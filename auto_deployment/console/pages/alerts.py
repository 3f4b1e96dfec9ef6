"""*Alerts*: what fires, each with what docs/operations.md says to do."""

from flask import url_for

from auto_deployment.console.alerts.firing import FIRING, alerts_of
from auto_deployment.console.alerts.manual import anchor, read_manual
from auto_deployment.console.page import Asked, Console, Facts, MissingError
from auto_deployment.console.text import why_away
from auto_deployment.paths import OPERATIONS
from auto_deployment.release.observe.prometheus import Unavailable

AWAY = (
    "Prometheus does not answer ({}): nobody knows here what fires, and no mail about an alert comes either. "
    "`docker compose ps -a prometheus` says whether it runs; a run of plain processes has none unless "
    "PROMETHEUS_URL names one."
)
NO_MANUAL = f"{OPERATIONS} is not here, which says what to do about each alert."


def facts(console: Console, asked: Asked) -> Facts:
    manual, page = read_manual(OPERATIONS), url_for("operations")
    prometheus = console.metrics.prometheus
    found = Unavailable("there is none here") if prometheus is None else alerts_of(prometheus)
    alerts = [] if isinstance(found, Unavailable) else found
    return {
        "away": AWAY.format(why_away(found)) if isinstance(found, Unavailable) else "",
        "alerts": [(one, manual.section(one.name, page)) for one in alerts],
        "firing": sum(one.state == FIRING for one in alerts),
        "known": [(name, f"{page}#{anchor(name)}") for name in manual.names()],
        "no_manual": "" if manual.text is not None else NO_MANUAL,
    }


def operations(console: Console, asked: Asked) -> Facts:
    text = read_manual(OPERATIONS).whole()
    if text is None:
        raise MissingError(NO_MANUAL)
    return {"text": text}
