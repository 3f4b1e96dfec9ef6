"""The master's parts, put together, and the thread that looks at the store."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from auto_deployment.fleet.files import Files
from auto_deployment.fleet.master.audit import Audit
from auto_deployment.fleet.master.database import Database
from auto_deployment.fleet.master.nodes import Nodes
from auto_deployment.fleet.master.shelf import Shelf
from auto_deployment.host.faults import Faults

log = logging.getLogger(__name__)

DATABASE = "master.db"


@dataclass(frozen=True, slots=True)
class MasterParts:
    """Everything outside that the master reaches; `clock` is in seconds since 1970."""

    folder: Path
    open_files: Callable[[], Files]
    champion: Callable[[], str | None]
    poll_s: float
    silent_s: float
    clock: Callable[[], float]


class Master:
    """Reads nothing before `start`, which belongs into the process that answers."""

    def __init__(self, parts: MasterParts) -> None:
        self._parts = parts
        self.database = Database(parts.folder / DATABASE, parts.clock)
        self.nodes = Nodes(self.database, parts.clock, parts.silent_s)
        self.shelf = Shelf(parts.open_files, self.database, parts.clock)
        self.audit = Audit(self.database, parts.clock)
        self.champion = parts.champion
        self._faults = Faults("Looking at the model store")

    def start(self) -> None:
        """Open the database and read what was known; raise `DatabaseError` where there can be none."""
        self.database.open()
        self.nodes.load()
        self.shelf.load()

    def watch(self) -> None:
        """Look at the store again and again, in a thread that ends with the process."""
        threading.Thread(target=self._watch, name="shelf", daemon=True).start()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._parts.clock(), UTC)

    def _watch(self) -> None:
        wait = threading.Event().wait
        while True:
            try:
                self.shelf.look()
            except Exception as error:  # the top of a loop: whatever it met, it looks again
                self._faults.log(error, self.now())
            wait(self._parts.poll_s)
