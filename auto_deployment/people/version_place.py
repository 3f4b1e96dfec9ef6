"""Published versions: each names its segments, so it is known which of them hold what."""

from collections.abc import Iterator

from auto_deployment.cycle.forgotten import Forgotten
from auto_deployment.dataset.corrections.wishes import Wish
from auto_deployment.people.places import Held
from auto_deployment.publish.forgotten_versions import due


class VersionPlace:
    """What DVC keeps of published versions; retention removes it, `forget` does not."""

    name = "versions"

    def __init__(self, forgotten: Forgotten, days: int) -> None:
        self._forgotten, self._days = forgotten, days

    def report(self, user_id: int) -> list[str]:
        """Return nothing: what versions were made of is in `segments`, or was forgotten."""
        return []

    def forget(self, wish: Wish) -> int:
        return 0

    def held(self, wish: Wish) -> Iterator[Held]:
        for version in sorted(self._forgotten.holds):
            if wish.number not in self._forgotten.holds[version]:
                continue
            goes = f"until {due(wish.until, self._days):%Y-%m-%d}"
            if reason := self._forgotten.needed.get(version):
                goes += f", if by then another one is released: {reason}"
            else:
                goes += ", or at once by `marquee retain --now`"
            yield Held(f"version {version}", "data and model in DVC's cache and remote", goes)
