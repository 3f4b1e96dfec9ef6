"""What the store holds and wants, as it was seen last: what the master answers from while it is away."""

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from app.model_format import LABEL
from auto_deployment.fleet.errors import DamagedError, DatabaseError, FleetError, MissingError
from auto_deployment.fleet.files import Files
from auto_deployment.fleet.master.database import Database
from auto_deployment.fleet.store import ModelStore, content_hash_of
from auto_deployment.host.codec import from_plain, to_plain
from auto_deployment.host.faults import Faults

log = logging.getLogger(__name__)

FACT = "shelf"
KEEP = "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"


@dataclass(frozen=True, slots=True)
class ModelSeen:
    """One model's part of the store."""

    wanted: Mapping[str, str] = field(default_factory=dict)  # channel -> version
    versions: Mapping[str, str] = field(default_factory=dict)  # version -> content hash
    rejected: tuple[str, ...] = ()  # content hashes


@dataclass(frozen=True, slots=True)
class Seen:
    """The store as it was seen at a time, in seconds since 1970; `fault` is why not since."""

    at: float | None = None
    fault: str = ""
    models: Mapping[str, ModelSeen] = field(default_factory=dict)


class Shelf:
    """Looks at the store; `open_files` is called by who looks first, as its threads survive no fork."""

    def __init__(
        self, open_files: Callable[[], Files], database: Database, clock: Callable[[], float]
    ) -> None:
        self._open_files, self._database, self._clock = open_files, database, clock
        self._turn = threading.Lock()
        self._files: Files | None = None
        self._faults = Faults("Looking at the model store")
        self.seen = Seen()

    def load(self) -> None:
        """Read what was seen before the master started."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT value FROM facts WHERE name = ?", (FACT,)).fetchone()
        if row is not None:
            try:
                self.seen = from_plain(Seen, json.loads(row["value"]))
            except ValueError as error:
                log.warning("What was seen of the store cannot be read: %s", error)

    def store(self, model: str) -> ModelStore:
        """Return a model's part of the store itself; raise `StoreError` where it cannot be opened."""
        if self._files is None:
            self._files = self._open_files()
        return ModelStore(self._files, model)

    def look(self, only: str | None = None) -> None:
        """Look at all models, or at one; where it fails, what was seen before stays, with why."""
        with self._turn:
            before, now = self.seen, self._clock()
            try:
                names = self._models() if only is None else [only]
                found = {name: self._model(name) for name in names}
            except FleetError as error:
                self._faults.log(error, datetime.fromtimestamp(now, UTC))
                self.seen = replace(before, fault=str(error))
                return
            models = found if only is None else {**before.models, **found}
            self.seen = Seen(now if only is None else before.at, "", models)
            if models != before.models:
                self._keep()

    def _models(self) -> list[str]:
        store = self.store("any")  # the folder above the models has no model's name
        return [name for name in store.files.names("models") if LABEL.fullmatch(name)]

    def _model(self, name: str) -> ModelSeen:
        store = self.store(name)
        versions = {version: _content(store, version) for version in store.versions()}
        return ModelSeen(store.channels().channels.wanted, versions, tuple(sorted(store.rejected())))

    def _keep(self) -> None:
        try:
            with self._database.writing(safe=False) as connection:
                connection.execute(KEEP, (FACT, json.dumps(to_plain(self.seen))))
        except DatabaseError as error:
            self._faults.log(error, datetime.fromtimestamp(self._clock(), UTC))


def _content(store: ModelStore, version: str) -> str:
    try:
        return content_hash_of(store.manifest(version), version)
    except (DamagedError, MissingError):  # the latter: it went meanwhile
        return ""
