"""Which files make up a source. Content decides; names only choose between files that look the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from auto_deployment.errors import BadInputError
from auto_deployment.ingest.importing.nearest import nearest
from auto_deployment.ingest.importing.sniff import Family, Kind, Role, is_text, kind_of
from auto_deployment.ingest.importing.tables.columns import Asked
from auto_deployment.ingest.importing.tables.sample import sample_of
from auto_deployment.ingest.importing.tables.shape import Shape, block_shape, shape_of
from auto_deployment.ingest.importing.tables.text_file import TextFile, files_in, members

_NAMES: dict[Role, tuple[str, ...]] = {
    Role.EVENTS: (
        "ratings.csv",
        "rating.csv",
        "u.data",
        "ratings.dat",
        "clean_rating.csv",
        "user_ratedmovies-timestamps.dat",
    ),
    Role.MOVIES: ("movies.csv", "movie.csv", "u.item", "movies.dat", "movie_titles.csv"),
    Role.USERS: ("users.csv", "u.user", "users.dat"),
    Role.UNNAMED: ("ratings.csv", "rating.csv", "ratings.dat"),
}
Kinds = Mapping[TextFile, Kind]


@dataclass(frozen=True, slots=True)
class Source:
    """The files of one source; `events` are ratings or lines of the stream, which have no `shape`."""

    family: Family
    events: TextFile
    movies: TextFile | None = None
    users: TextFile | None = None
    movies_family: Family = Family.MOVIELENS
    shape: Shape | None = None
    asked: Asked = field(default_factory=Asked)

    @property
    def files(self) -> list[TextFile]:
        """All files that decide what is imported."""
        return [file for file in (self.events, self.movies, self.users) if file is not None]


def recognise(path: Path, asked: Asked | None = None) -> Source:
    """Find the source in a folder, or of a file and its siblings; raise `BadInputError` with one sentence."""
    asked = asked or Asked()
    if path.is_dir() or _is_archive(path):
        kinds = _kinds_in(path)
        family, events = _choose_events(path, kinds)
    else:
        events = TextFile(path)
        family, kinds = _family_of(events, asked), {}
    if family is Family.STREAM:
        return Source(family, events)
    shape = _shape_of(family, events, asked)
    kinds = kinds or _kinds_in(path.parent)
    movies, movies_family = _choose_movies(family, events, kinds, asked) if shape.numbered else (None, family)
    users = _choose(kinds, {(family, Role.USERS)}, Role.USERS)
    return Source(family, events, movies, users, movies_family, shape, asked)


def _is_archive(path: Path) -> bool:
    try:
        return bool(members(path))
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror}).") from error


def _family_of(file: TextFile, asked: Asked) -> Family:
    head = file.head()
    kind = kind_of(head)
    if asked.columns and (kind is None or kind[1] is not Role.EVENTS) and sample_of(head):
        return Family.TABLE
    if kind is None:
        if not head.strip():
            raise BadInputError(f"{file} is empty: give a table of ratings, or captured event lines.")
        if not is_text(head):
            raise BadInputError(f"{file} is not a text file (unpack an archive first).")
        raise BadInputError(f"{file} is neither a table of ratings nor captured event lines: {nearest(head)}")
    family, role = kind
    if role not in (Role.EVENTS, Role.UNNAMED):
        raise BadInputError(f"{file} holds the {role} of {family}: give its ratings or the folder with both.")
    return family


def _shape_of(family: Family, events: TextFile, asked: Asked) -> Shape:
    head = events.head()
    if family is Family.NETFLIX:
        return block_shape(asked)
    sample = sample_of(head)
    if sample is None:
        raise BadInputError(f"{events} is no table of ratings: {nearest(head)}")
    return shape_of(sample, asked, str(events))


def _kinds_in(path: Path) -> dict[TextFile, Kind]:
    return {file: kind for file in files_in(path) if (kind := kind_of(file.head())) is not None}


def _choose_events(folder: Path, kinds: Kinds) -> tuple[Family, TextFile]:
    for role in (Role.EVENTS, Role.UNNAMED):
        found = {kind for kind in kinds.values() if kind[1] is role}
        if not found:
            continue
        chosen = _choose(kinds, found, role)
        if chosen is None:
            names = ", ".join(file.name for file, (_, one) in kinds.items() if one is role)
            raise BadInputError(f"{folder} holds several sources ({names}): give one of these files.")
        return kinds[chosen][0], chosen
    names = ", ".join(f"{file.name} ({role})" for file, (_, role) in kinds.items())
    raise BadInputError(
        f"{folder} holds no ratings and no event lines{f', only {names}' if names else ''}: give a table "
        "with a column each for user, movie, rating and time, or captured event lines."
    )


def _choose_movies(
    family: Family, events: TextFile, kinds: Kinds, asked: Asked
) -> tuple[TextFile | None, Family]:
    """Return the table that gives the movies their titles: one of the same family before others."""
    if asked.no_titles:
        return None, family
    for families in ({family}, set(Family)):
        wanted = {(one, Role.MOVIES) for one in families}
        if any(kind in wanted for kind in kinds.values()):
            chosen = _choose(kinds, wanted, Role.MOVIES)
            if chosen is None:
                raise BadInputError(
                    f"{events} has movies by number, and several files could name them: leave one of them."
                )
            return chosen, kinds[chosen][0]
    if family is Family.NETFLIX:
        return None, family
    raise BadInputError(
        f"{events} has movies by number, which say nothing without their titles: put movies.csv beside it "
        "(movieId,title,genres; for MovieLens 100K u.item, for 1M and 10M movies.dat) and try again, or go "
        "on without titles with --movies none."
    )


def _choose(kinds: Kinds, wanted: set[Kind], role: Role) -> TextFile | None:
    """Return the only file of these kinds; of several the one with a usual name: u.data beside its splits."""
    found = [file for file, kind in kinds.items() if kind in wanted]
    if len(found) > 1:
        found = [file for file in found if file.usual_name in _NAMES[role]]
    return found[0] if len(found) == 1 else None
