"""Whatever happens to the log and to its reader, every line is counted exactly once."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from auto_deployment.local.edge_log import rotate
from auto_deployment.release.judge.ticks import CANARY
from auto_deployment.release.observe.edge_log import EdgeReader, Follows
from tests.support.release.edge_lines import CANARY_1, TRACKS, line

STEPS = st.lists(st.sampled_from(["write", "half", "rotate", "late", "tick", "kill"]), max_size=40)


class World:
    """A log whose writer and reader do one step at a time; a tick stores counts and state in one write."""

    def __init__(self, log: Path) -> None:
        self.log, self.written, self.half = log, 0, b""
        log.touch()
        self.reader = EdgeReader.begin(Follows(log, TRACKS, 0.15), "r")
        self.stored = json.dumps({"users": 0, "state": self.reader.state()})

    def write(self) -> None:
        """Finish a half line, or write a whole one of a user of its own."""
        self._append(self.half or self._next())
        self.half = b""

    def half_a_line(self) -> None:
        if not self.half:
            whole = self._next()
            self._append(whole[:77])
            self.half = whole[77:]

    def rotate(self) -> None:
        if not self.half:
            rotate(self.log, 0, 100, self.log.touch)

    def late(self) -> None:
        """Write into the file that was renamed last, as a worker does that has not yet reopened."""
        older = self.log.with_name("edge.log.1")
        if older.exists():
            with older.open("ab") as file:
                file.write(self._next())

    def tick(self) -> None:
        counted = self.reader.read().counts[CANARY]
        assert counted.users == counted.first_bad
        users = json.loads(self.stored)["users"] + counted.users
        self.stored = json.dumps({"users": users, "state": self.reader.state()})

    def kill(self) -> None:
        """End the reader after it read and before it stored."""
        self.reader.read()
        self.reader = EdgeReader.resume(
            Follows(self.log, TRACKS, 0.15), "r", json.loads(self.stored)["state"]
        )

    def _next(self) -> bytes:
        self.written += 1
        return line(str(self.written), (CANARY_1, "504"), number=self.written)

    def _append(self, content: bytes) -> None:
        with self.log.open("ab") as file:
            file.write(content)


@given(STEPS)
def test_every_user_is_counted_once(steps: list[str]) -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder) / "edge.log")
        do = {"half": world.half_a_line, "write": world.write, "rotate": world.rotate, "late": world.late}
        do |= {"tick": world.tick, "kill": world.kill}
        for step in steps:
            do[step]()
        if world.half:
            world.write()
        world.tick()
        assert json.loads(world.stored)["users"] == world.written
