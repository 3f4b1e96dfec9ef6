"""*Fleet*: what each node serves, from the master."""

from auto_deployment.console.page import Asked, Console, Facts
from auto_deployment.fleet.errors import MasterError
from auto_deployment.fleet.master.overview import master_faults, rows

NONE = "There is no master here: MASTER_URL names none. docs/fleet.md says what one is good for."
AWAY = "{} Nodes go on with what they have."


def facts(console: Console, asked: Asked) -> Facts:
    away, found, channels = NONE, None, None
    if console.fleet is not None:
        try:
            found, channels, away = console.fleet("nodes"), console.fleet("channels"), ""
        except MasterError as error:
            away = AWAY.format(error)
    listed = rows(found) if found else []
    return {
        "away": away,
        "rows": listed,
        "behind": sum(not one.is_well for one in listed),
        "wanted": [
            (model, channel, version)
            for model, wanted in (channels["models"] if channels else {}).items()
            for channel, version in sorted(wanted.items())
        ],
        "as_of": channels["as_of"] if channels else None,
        "faults": master_faults(found) if found else [],
    }
