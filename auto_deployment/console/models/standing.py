"""What became of versions: which one serves, which ever did, what was ruled out, whose data is gone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from auto_deployment.console.models.version import Place, Version
from auto_deployment.paths import CycleLayout, Paths
from auto_deployment.release.records import RecordError, read_rejected, read_released, read_serving


@dataclass(slots=True)
class Standing:
    """`trouble` names the records that cannot be read."""

    serving: str = ""
    current: str = ""  # of a run of plain processes before its first release
    released: frozenset[str] = frozenset()
    rejected: Mapping[str, str] = field(default_factory=dict)  # version -> why
    collected: frozenset[str] = frozenset()
    trouble: list[str] = field(default_factory=list)

    def of(self, version: Version) -> str:
        """Return it in words."""
        name = version.name
        words = [
            "serves everybody" if name == self.serving else "served before" * (name in self.released),
            "rejected by a release" if name in self.rejected else "",
            "data and model removed" if name in self.collected else "",
            "what serves here until the first release" if name == self.current and not self.serving else "",
        ]
        return ", ".join([str(version.place), *(word for word in words if word)])

    def tone(self, version: Version) -> str:
        if version.damage or version.name in self.rejected:
            return "bad"
        if version.name == self.serving:
            return "good"
        return "open" if version.place is Place.REVIEW else ""


def read_standing(paths: Paths) -> Standing:
    """Read the records; one that is damaged leaves the others as they are."""
    found = Standing(current=paths.current_model.resolve().name if paths.current_model.exists() else "")
    try:
        if (serving := read_serving(paths)) is not None:
            found.serving = serving.model_version
    except RecordError as error:
        found.trouble.append(str(error))
    try:
        found.released = read_released(paths)
    except RecordError as error:
        found.trouble.append(str(error))
    try:
        rejected = read_rejected(paths)
        found.rejected = {one.model_version: one.reason for one in rejected if one.model_version}
    except RecordError as error:
        found.trouble.append(str(error))
    try:
        found.collected = frozenset(
            map(str, json.loads(CycleLayout.below(paths.cycle).collected.read_bytes()))
        )
    except FileNotFoundError:
        pass
    except (OSError, ValueError, TypeError) as error:
        found.trouble.append(f"{CycleLayout.below(paths.cycle).collected} cannot be read: {error}")
    return found
