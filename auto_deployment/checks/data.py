"""The quality of published segments: schema, ranges, duplicates, freshness, drift. Changes no file."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from auto_deployment.checks.params import ChecksParams
from auto_deployment.checks.rows import RowFault, first_fault
from auto_deployment.checks.scale_doubts import SourceRatings, doubt_scales
from auto_deployment.checks.scales import check_scales
from auto_deployment.checks.stream import drift_of
from auto_deployment.checks.verdicts import CheckVerdict
from auto_deployment.dataset.catalog import MOVIES, CatalogError
from auto_deployment.dataset.reading import read_ratings
from auto_deployment.dataset.schema import SCHEMA, SegmentError, damaged, open_segment
from auto_deployment.dataset.segments import Segment, list_segments, segment_paths
from auto_deployment.dataset.tables import groups_of
from auto_deployment.ingest.drift.drift import Finding
from auto_deployment.ingest.importing.stored import by_name
from auto_deployment.ingest.params import IngestParams
from auto_deployment.ingest.positions import OverlapError, Stored, by_source, find_holes, ranges_of


def check_data(
    segments: Path, catalog: Path, params: ChecksParams, ingest: IngestParams, drift_max: int, now: datetime
) -> list[CheckVerdict]:
    """Return every verdict; where files cannot be read, that is the only one."""
    try:
        listed = list_segments(segments)
        if not listed:
            return [CheckVerdict("segments", False, f"{segments} holds no segment: `dvc pull` brings them.")]
        faults = [fault for path in segment_paths(segments) if (fault := _fault(path))]
        movies = MOVIES.read(catalog)
        duplicates = _duplicates(segments, params)
        doubts = doubt_scales(_rated_sources(listed))
        findings = drift_of(listed, ingest.drift)
    except (SegmentError, CatalogError) as error:
        return [CheckVerdict("readable", False, str(error))]
    return [
        CheckVerdict(
            "readable", True, f"{len(listed):,} segments, {sum(one.rows for one in listed):,} rows."
        ),
        _rows(faults),
        check_scales(listed, ingest.scale),
        CheckVerdict("catalogue", True, f"{len(movies):,} movies are described; of others the id says all."),
        _offsets(listed),
        duplicates,
        doubts,
        _freshness(listed, params, now),
        _drift(findings, drift_max),
    ]


def _fault(path: Path) -> RowFault | None:
    """Read a whole segment, its checksums verified, and return the first row that cannot be."""
    file, meta = open_segment(path)
    with file:
        if not file.schema_arrow.remove_metadata().equals(SCHEMA):
            return RowFault(path.name, None, "its columns are not those of a segment.")
        try:
            table = file.read()
        except (OSError, pa.ArrowException) as error:
            raise damaged(path, error) from error
    return first_fault(path.name, table, meta.rating_scale)


def _rows(faults: Sequence[RowFault]) -> CheckVerdict:
    if not faults:
        return CheckVerdict("rows", True, "Every row is within its ranges.")
    others = f" {len(faults) - 1} more segments have such rows." if len(faults) > 1 else ""
    return CheckVerdict("rows", False, f"{faults[0]}{others}")


def _offsets(listed: Sequence[Segment]) -> CheckVerdict:
    """No line of a source may stand in two segments: exactly once is what ingest promises."""
    stored = [
        Stored(one.path.stem, one.meta.source, ranges_of(one.meta.source))
        for one in listed
        if one.meta.source.get("offsets")
    ]
    try:
        for parts in by_source(stored):
            find_holes(parts)
    except OverlapError as error:
        return CheckVerdict("offsets", False, str(error))
    return CheckVerdict("offsets", True, "No line of a source stands in two segments.")


def _duplicates(segments: Path, params: ChecksParams) -> CheckVerdict:
    read = read_ratings(segments)
    total = len(read.frame) + read.absorbed
    share = read.absorbed / total if total else 0.0
    limit = params.duplicate_share_max
    sentence = (
        f"{read.absorbed:,} of {total:,} ratings stand there twice ({share:.2%}; at most {limit:.2%} may)."
    )
    return CheckVerdict("duplicates", share <= limit, sentence)


def _rated_sources(listed: Sequence[Segment]) -> list[SourceRatings]:
    return [
        SourceRatings(
            one.name,
            one.scales[0],
            sum((_rating_values(segment.path) for segment in one.segments), Counter()),
            one.kind in ("import", "file"),
        )
        for one in by_name(listed)
        if one.scales
    ]


def _rating_values(path: Path) -> Counter[float]:
    file, _ = open_segment(path)
    with file:
        column = file.read_row_groups(groups_of(file, "rating"), columns=["rating"])["rating"]
    counted = pc.value_counts(column.drop_null()).to_pylist()
    return Counter({round(one["values"], 5): one["counts"] for one in counted if one["values"] >= 0})


def _freshness(listed: Sequence[Segment], params: ChecksParams, now: datetime) -> CheckVerdict:
    times = [(one.meta.last_time, one.path.name) for one in listed if one.meta.last_time]
    if not times:
        return CheckVerdict("freshness", False, "No segment says from when its events are.")
    newest, segment = max(times)
    age_days, limit = (now - newest).total_seconds() / 86_400, params.data_age_max_days
    when = f"{newest:%Y-%m-%d %H:%M} UTC"
    if newest > now + timedelta(seconds=params.future_max_s):
        sentence = f"{segment} holds an event of {when}, which is in the future: is a clock wrong?"
        return CheckVerdict("freshness", False, sentence)
    when = f"{when}, {age_days:.1f} days ago"
    return CheckVerdict(
        "freshness", age_days <= limit, f"The newest event is of {when} (at most {limit:g} days)."
    )


def _drift(findings: dict[str, Finding], most: int) -> CheckVerdict:
    named = "; ".join(f"{name} {one.now:.4g}, was {one.before:.4g}" for name, one in sorted(findings.items()))
    sentence = f"{len(findings)} strong changes in the newest segment (at most {most} may be)"
    return CheckVerdict("drift", len(findings) <= most, f"{sentence}: {named}" if named else f"{sentence}.")
