"""The quarantine and the catalogue."""

from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq

from auto_deployment.dataset.catalog import USERS
from auto_deployment.dataset.corrections.held_record import CATALOGUE, add_held
from auto_deployment.dataset.corrections.quarantined import blank_lines, names_user
from auto_deployment.dataset.corrections.wishes import Wish
from auto_deployment.dataset.quarantine_limit import quarantine_paths
from auto_deployment.host.files import remove_leftovers
from auto_deployment.paths import Paths
from auto_deployment.people.places import Held
from auto_deployment.people.segment_place import plain


class QuarantinePlace:
    """Lines that were not taken and name the user. They become empty: where they stood stays covered."""

    name = "quarantine"

    def __init__(self, paths: Paths) -> None:
        self._folder = paths.quarantine

    def report(self, user_id: int) -> list[dict[str, Any]]:
        return list(self._rows(user_id))

    def forget(self, wish: Wish) -> int:
        remove_leftovers(self._folder)
        return sum(blank_lines(path, wish.user_id) for path in quarantine_paths(self._folder))

    def held(self, wish: Wish) -> Iterator[Held]:
        if count := sum(1 for _ in self._rows(wish.user_id)):
            yield Held(
                "quarantine",
                f"{count:,} lines that were not taken",
                f"`forget {wish.user_id}` again removes it",
            )

    def _rows(self, user_id: int) -> Iterator[dict[str, Any]]:
        for path in quarantine_paths(self._folder):
            table = pq.read_table(path)
            for row in table.to_pylist():
                if names_user(row["raw"], user_id):
                    known = {name: plain(value) for name, value in row.items() if value is not None}
                    yield {"file_name": path.name, **known, "raw": row["raw"].decode("utf-8", "replace")}


class CataloguePlace:
    """What an import or the platform has said of the user: age, gender, occupation."""

    name = "catalogue"

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def report(self, user_id: int) -> list[dict[str, Any]]:
        users = USERS.read(self._paths.catalog)
        rows = users[users["user_id"] == user_id].astype("object").to_dict("records")
        return [{str(key): _known(value) for key, value in row.items()} for row in rows]

    def forget(self, wish: Wish) -> int:
        if not self.report(wish.user_id):
            return 0
        add_held(self._paths.forgotten, {CATALOGUE: {wish.number}})  # first: published versions have it, too
        return USERS.remove(self._paths.catalog, wish.user_id)

    def held(self, wish: Wish) -> Iterator[Held]:
        if self.report(wish.user_id):
            yield Held("catalogue", "age, gender, occupation", f"`forget {wish.user_id}` again removes it")


def _known(value: Any) -> Any:
    return None if value != value else value
