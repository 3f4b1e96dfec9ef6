"""The service's lines as growing columns: those of the edge log, and the list that was shown."""

import json

import pyarrow as pa

from auto_deployment.feedback.edge_rows import SCHEMA, EdgeRows, is_text

SERVICE = "service"  # the name of the folder
LONGEST_LIST = 1000
MOVIES = pa.field("movies", pa.list_(pa.string()), nullable=False)  # best first; empty where none was given
SERVICE_SCHEMA = SCHEMA.append(MOVIES)
TORN, NO_JSON, NO_LIST, FIELDS = "torn", "no_json", "no_list", "fields"


class ServiceRows(EdgeRows):
    """Takes lines; counts damaged ones by reason."""

    def __init__(self) -> None:
        super().__init__()
        self._movies: list[list[str]] = []

    def add(self, line: bytes) -> None:
        """Take one line, whatever it is."""
        movies = _movies(line)
        if isinstance(movies, str):
            self.damaged += 1
            self.reasons[movies] += 1
            return
        kept, damaged = len(self), self.damaged
        super().add(line)
        if len(self) > kept:
            self._movies.append(movies)
        elif self.damaged > damaged:
            self.reasons[FIELDS] += 1

    def table(self) -> pa.Table:
        table = super().table().append_column(MOVIES, pa.array(self._movies, MOVIES.type))
        return table.cast(SERVICE_SCHEMA)


def _movies(line: bytes) -> list[str] | str:
    """Return the list of a line, or why there is none."""
    if not line.endswith(b"\n"):
        return TORN
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return NO_JSON
    movies = entry.get("movies") if isinstance(entry, dict) else None
    if not isinstance(movies, list) or len(movies) > LONGEST_LIST:
        return NO_LIST
    if not all(is_text(one) and "," not in one for one in movies):  # no id holds a comma
        return NO_LIST
    return movies
