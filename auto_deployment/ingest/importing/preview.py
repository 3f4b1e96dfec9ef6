"""What an import would do, in words; nothing is written. Pure."""

from auto_deployment.dataset.builder import from_microseconds
from auto_deployment.ingest.importing.limit import reasons_of, rejected_share, show
from auto_deployment.ingest.importing.look import Looked, times_said
from auto_deployment.ingest.importing.recognise import Source
from auto_deployment.ingest.importing.tables.columns import ROLES
from auto_deployment.ingest.importing.tables.survey import SampleRow
from auto_deployment.ingest.rating_scale import scale_text


def render_preview(source: Source, looked: Looked, max_rejected_share: float) -> str:
    """Return columns, scale, times, the first rows as they will be stored, and what will not be taken."""
    shape, survey = source.shape, looked.survey
    assert shape is not None  # lines of the stream have no preview
    known = [*(role for role in ROLES if role in shape.places or role == "movie"), *shape.time_parts]
    columns = ", ".join(f"{role} = {shape.column(role)}" for role in known)
    header = "a header" if shape.names else "no header"
    lines = [
        f"{source.events}: {source.family}",
        f"columns: {columns}; {header}, divided by {shape.dialect.delimiter!r}",
        _movies(source),
        f"scale: {_scale(looked)}",
        f"times: {times_said(source, looked)}",
        *_span(looked),
        f"rows: {survey.taken:,} taken; {_rejected(looked, max_rejected_share)}",
        *(f"  line {one.line}: {one.reason}: {show(one.raw)}" for one in survey.examples),
        "first rows as they will be stored:" if survey.sample else "",
        *map(_row, survey.sample),
        "nothing was written",
    ]
    return "".join(f"{line}\n" for line in lines if line)


def _movies(source: Source) -> str:
    if source.movies is not None:
        return f"movies: named by {source.movies}"
    numbered = source.shape is not None and source.shape.numbered
    return "movies: numbers without titles" if numbered else "movies: the ids of the table"


def _scale(looked: Looked) -> str:
    if not looked.taken:
        return "not shown, for no rating can be taken"
    if looked.scale is None:
        return f"not certain ({looked.survey.shown}): say it with --scale"
    return f"{scale_text(looked.scale)} ({looked.survey.shown})"


def _span(looked: Looked) -> list[str]:
    if looked.survey.time_span_us is None or looked.one_time:
        return []
    first, last = (from_microseconds(time_us) for time_us in looked.survey.time_span_us)
    return [f"from {first:%Y-%m-%dT%H:%M:%S} to {last:%Y-%m-%dT%H:%M:%S}"]


def _rejected(looked: Looked, max_rejected_share: float) -> str:
    if not looked.rejected:
        return "rejected: 0"
    share = rejected_share(looked.rejected, looked.taken)
    stops = (
        f"; more than {max_rejected_share:g} of all: an import stops" if share > max_rejected_share else ""
    )
    return f"rejected: {looked.rejected.total():,} ({reasons_of(looked.rejected)}){stops}"


def _row(row: SampleRow) -> str:
    time = from_microseconds(row.time_us)
    return f"  {time:%Y-%m-%dT%H:%M:%S} user {row.user_id} {row.movie_id} {row.rating:g}"
