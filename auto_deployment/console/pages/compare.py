"""Two versions side by side."""

from auto_deployment.console.models.difference import FEW, measures, origins, parameters, segments
from auto_deployment.console.models.found import OneVersion
from auto_deployment.console.models.sources import all_names
from auto_deployment.console.page import Asked, Console, Facts


def facts(console: Console, asked: Asked) -> Facts:
    names = [asked.query.get(which, "") for which in ("one", "other")]
    if not all(names):
        return {"one": None, "names": all_names(console.paths), "chosen": names}
    one, other = (OneVersion(console.paths, name).version for name in names)
    both, gone, new = segments(one, other)
    return {
        "one": one,
        "other": other,
        "measures": measures(one, other),
        "parameters": parameters(one, other),
        "origins": origins(one, other),
        "both": both,
        "alone": [(one.name, gone), (other.name, new)],
        "few": FEW,
        "trouble": [side.damage for side in (one, other) if side.damage],
    }
