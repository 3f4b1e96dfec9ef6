"""The parts of one imported file: staged one after the other, shown together at the end."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

from auto_deployment.dataset.builder import SegmentBuilder
from auto_deployment.dataset.events import Event
from auto_deployment.dataset.quarantine import TABLE, LinePosition, QuarantineWriter
from auto_deployment.dataset.schema import SegmentMeta
from auto_deployment.dataset.segments import stage_segment
from auto_deployment.host.files import StagedFile
from auto_deployment.ingest.importing.tables.form import TableForm
from auto_deployment.ingest.importing.tables.table import Rows
from auto_deployment.ingest.importing.tables.users import Users
from auto_deployment.ingest.stream import TextLine
from auto_deployment.paths import Paths

PART_LINES = 2_000_000


@dataclass(frozen=True, slots=True)
class Identity:
    """What a file is stored as: the same content always under the same names.

    `kind` is "import" for tables of ratings and "file" for lines of the stream; `form` says in the quarantine
    how its lines are to be read again. `files` is a SHA-256 of all files it came from. What takes the place
    of another import has a `replacement` number that this content has not had yet, for names that were
    replaced never count again.
    """

    kind: str
    sha256: str
    form: str
    parser_version: int
    files: str
    replacement: int = 0

    @property
    def source(self) -> str:
        """Return the name of the source."""
        return f"{self.kind}-{self.sha256[:16]}" + (f"r{self.replacement}" if self.replacement else "")

    def name(self, part: str) -> str:
        return f"{self.source}-{part}"


class Part:
    """Up to `PART_LINES` lines of a file on their way into a segment and its quarantine."""

    def __init__(self, quarantine: QuarantineWriter, file_name: str, first: int) -> None:
        self.builder = SegmentBuilder()
        self.add_usual = self.builder.add
        self.quarantine = quarantine
        self.first = first
        self.unknown_movie_lines = 0
        self._file_name = file_name

    def add(self, event: Event, partition: int, offset: int, repaired: bool = False) -> None:
        """Take an event of the stream, maybe with a movie id that was repaired."""
        self.builder.add(event, partition, offset)
        if repaired:
            self.builder.count_repaired()

    def reject(self, raw: bytes, reason: str, partition: int, offset: int) -> None:
        self.builder.count_rejected(reason)
        self.quarantine.add(raw, reason, LinePosition(file=self._file_name, line=offset + 1))


LineSorter = Callable[[Sequence[TextLine], Part], None]


class StagedParts:
    """Stages the lines of a file part after part; whatever is not published in the end is removed.

    Segments named in `replaces` no longer count from the moment on at which the last part appears.
    """

    def __init__(
        self,
        paths: Paths,
        identity: Identity,
        scale: tuple[float, float],
        file_name: str,
        replaces: Sequence[str] = (),
        form: TableForm | None = None,
    ) -> None:
        self._paths, self._identity, self._scale, self._file_name = paths, identity, scale, file_name
        self._replaces, self._form = list(replaces), form
        self._cleanup = ExitStack()
        self._staged: list[tuple[QuarantineWriter, StagedFile]] = []
        self._part: Part | None = None
        self._next = 0
        self.metas: list[SegmentMeta] = []
        self.users: set[int] = set()
        self.movies: set[str] = set()

    def add(self, lines: Sequence[TextLine], sort: LineSorter) -> None:
        """Let `sort` put some lines into the part that is open, or into the next one if it is full."""
        sort(lines, self._part_for(len(lines), lines[0].offset))
        self._next = lines[-1].offset + 1 + lines[-1].value.count(b"\n")

    def add_rows(self, rows: Rows, users: Users, movie_ids: Sequence[str]) -> None:
        """Put the rows of a block into the part that is open, or into the next one if it is full."""
        if not rows.lines:
            return
        part = self._part_for(rows.lines, rows.first_line)
        taken, user_id = rows.taken, users.ids(rows.taken.user)
        part.builder.add_ratings(user_id, taken.movie, movie_ids, taken.rating, taken.time_us)
        for record, reason in sorted(rows.refused.items()):
            part.reject(rows.raw(record), reason, 0, rows.block.line(record))
        self._next = rows.next_line

    def finish(self) -> bool:
        """Stage the last part; return whether any line was taken, else there is nothing to publish."""
        part = self._part
        if part is None or not (self._staged or sum(part.builder.counts().values())):
            return False
        self._stage(part, last=True)
        self._part = None
        return True

    def publish(self) -> None:
        """Make all parts appear, the last one last: only then the import counts as done."""
        for quarantine, segment in self._staged:
            quarantine.publish()
            segment.publish()  # a part that is there already is of an import that did not end

    def rejected(self) -> Counter[str]:
        """Return the lines so far that were not taken, by reason."""
        rejected = Counter(self._part.builder.rejected()) if self._part else Counter[str]()
        for meta in self.metas:
            rejected.update(meta.rejected_by_reason)
        return rejected

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._cleanup.close()

    def _part_for(self, lines: int, first: int) -> Part:
        if self._part and self._part.builder.lines + lines > PART_LINES:
            self._stage(self._part, last=False)
            self._part = None
        if self._part is None:
            self._part = self._begin(first)
        return self._part

    def _begin(self, first: int) -> Part:
        identity, facts = self._identity, {} if self._form is None else {TABLE: self._form.as_facts()}
        name = identity.name(f"{len(self.metas):05d}")
        quarantine = QuarantineWriter(
            self._paths.quarantine, name, identity.form, identity.parser_version, **facts
        )
        return Part(self._cleanup.enter_context(quarantine), self._file_name, first)

    def _stage(self, part: Part, *, last: bool) -> None:
        identity, number = self._identity, len(self.metas)
        source = {
            "kind": identity.kind,
            "sha256": identity.sha256,
            "files": identity.files,
            "name": self._file_name,
            "part": number,
            "last": last,
            "offsets": {"0": [part.first, self._next]},
        }
        if last and self._replaces:
            source["replaces"] = self._replaces

        def meta() -> SegmentMeta:
            return part.builder.meta(source, self._scale)

        part.quarantine.seal()
        name, rows = identity.name(f"{number:05d}"), part.builder.record_batches()
        segment = self._cleanup.enter_context(stage_segment(self._paths.segments, name, rows, meta))
        self._staged.append((part.quarantine, segment))
        self.metas.append(meta())
        self.users |= part.builder.user_ids()
        self.movies |= part.builder.movie_ids()
