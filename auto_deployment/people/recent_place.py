"""What instances were told of users, in a file that they follow: named, not changed."""

from collections.abc import Iterator
from pathlib import Path

from app.recent.events import RecentEvent, parse
from app.recent.file_feed import OLDER
from auto_deployment.dataset.corrections.wishes import Wish
from auto_deployment.people.places import Held


class RecentFile:
    """The file that `ingest` appends to, and the one that it has begun anew after."""

    name = "recent events"

    def __init__(self, file: Path) -> None:
        self._files = [file, file.with_name(file.name + OLDER)]

    def report(self, user_id: int) -> list[str]:
        return [str(path) for path in self._files if any(True for _ in _times(path, user_id))]

    def forget(self, wish: Wish) -> int:
        return 0

    def held(self, wish: Wish) -> Iterator[Held]:
        for path in self._files:
            if any(time_s <= wish.until.timestamp() for time_s in _times(path, wish.user_id)):
                yield Held(str(path), "what the user has just seen or rated", "until it is rotated away")


def _times(path: Path, user_id: int) -> Iterator[int]:
    try:
        with path.open("rb") as lines:
            for line in lines:
                event = parse(line.rstrip(b"\n"))
                if isinstance(event, RecentEvent) and event.user_id == user_id:
                    yield event.time_s
    except FileNotFoundError:  # there is none yet, or it is begun anew just now
        return
