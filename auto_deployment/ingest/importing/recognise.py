"""Which files make up a source. Content decides; names only choose between files that look the same."""

from dataclasses import dataclass
from pathlib import Path

from auto_deployment.errors import BadInputError
from auto_deployment.ingest.importing.sniff import HEAD_BYTES, Family, Kind, Role, is_text, kind_of

_NAMES: dict[Kind, str] = {
    (Family.MOVIELENS, Role.EVENTS): "ratings.csv",
    (Family.MOVIELENS, Role.MOVIES): "movies.csv",
    (Family.MOVIELENS_100K, Role.EVENTS): "u.data",
    (Family.MOVIELENS_100K, Role.MOVIES): "u.item",
    (Family.MOVIELENS_100K, Role.USERS): "u.user",
    (Family.MOVIELENS_1M, Role.EVENTS): "ratings.dat",
    (Family.MOVIELENS_1M, Role.MOVIES): "movies.dat",
    (Family.MOVIELENS_1M, Role.USERS): "users.dat",
    (Family.CLEAN_RATINGS, Role.EVENTS): "clean_rating.csv",
}
_KNOWN = (
    "MovieLens (ratings.csv + movies.csv, u.data + u.item + u.user, ratings.dat + movies.dat + users.dat), "
    "clean_rating.csv (time,user_id,movie_id,rating), or captured event lines"
)


@dataclass(frozen=True, slots=True)
class Source:
    """The files of one source; `events` are ratings or lines of the stream."""

    family: Family
    events: Path
    movies: Path | None = None
    users: Path | None = None

    @property
    def files(self) -> list[Path]:
        """All files that decide what is imported."""
        return [path for path in (self.events, self.movies, self.users) if path is not None]


def recognise(path: Path) -> Source:
    """Find the source in a folder, or of a file and its siblings; raise `BadInputError` with one sentence."""
    if path.is_dir():
        kinds = _kinds_in(path)
        family, events = _choose_events(path, kinds)
    else:
        family, events = _family_of(path), path
        kinds = _kinds_in(path.parent) if (family, Role.MOVIES) in _NAMES else {}
    movies = _choose(kinds, (family, Role.MOVIES))
    if movies is None and (family, Role.MOVIES) in _NAMES:
        name = _NAMES[family, Role.MOVIES]
        raise BadInputError(f"{events} holds ratings of {family}: put {name} beside it and try again.")
    return Source(family, events, movies, _choose(kinds, (family, Role.USERS)))


def _family_of(path: Path) -> Family:
    head = _head(path)
    kind = kind_of(head)
    if kind is None:
        what = "is none of the known files"
        if not head.strip():
            what = "is empty"
        elif not is_text(head):
            what = "is not a text file (unpack an archive first)"
        raise BadInputError(f"{path} {what}: give {_KNOWN}.")
    family, role = kind
    if role is not Role.EVENTS:
        raise BadInputError(f"{path} holds the {role} of {family}: give its ratings or the folder with both.")
    return family


def _kinds_in(folder: Path) -> dict[Path, Kind]:
    try:
        files = [
            path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")
        ]
    except OSError as error:
        raise BadInputError(f"{folder} cannot be read ({error.strerror}).") from error
    return {path: kind for path in files if (kind := kind_of(_head(path))) is not None}


def _choose_events(folder: Path, kinds: dict[Path, Kind]) -> tuple[Family, Path]:
    families = {family for family, role in kinds.values() if role is Role.EVENTS}
    chosen = [(family, _choose(kinds, (family, Role.EVENTS))) for family in sorted(families)]
    if not chosen:
        raise BadInputError(f"{folder} holds none of the known files: give {_KNOWN}.")
    family, events = chosen[0]
    if len(chosen) > 1 or events is None:
        names = ", ".join(path.name for path, (_, role) in kinds.items() if role is Role.EVENTS)
        raise BadInputError(f"{folder} holds several sources ({names}): give one of these files.")
    return family, events


def _choose(kinds: dict[Path, Kind], wanted: Kind) -> Path | None:
    """Return the only file of a kind; of several the one with the usual name: u.data beside its splits."""
    found = [path for path, kind in kinds.items() if kind == wanted]
    if len(found) > 1:
        found = [path for path in found if path.name == _NAMES.get(wanted)]
    return found[0] if found else None


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror}).") from error
