"""The quality of published segments: schema, ranges, duplicates, freshness, drift. Changes no file."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from auto_deployment.checks.contents import Contents, read_contents
from auto_deployment.checks.corrections import check_corrections
from auto_deployment.checks.params import ChecksParams
from auto_deployment.checks.rows import RowFault
from auto_deployment.checks.scale_doubts import SourceRatings, doubt_scales
from auto_deployment.checks.scales import check_scales
from auto_deployment.checks.stream import drift_of
from auto_deployment.checks.verdicts import CheckVerdict
from auto_deployment.dataset.catalog import MOVIES, CatalogError
from auto_deployment.dataset.corrections.names import is_correction
from auto_deployment.dataset.schema import SegmentError
from auto_deployment.dataset.segments import Segment, list_segments
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
        events = [one for one in listed if not is_correction(one.path)]
        if not events:
            return [CheckVerdict("segments", False, f"{segments} holds no segment: `dvc pull` brings them.")]
        contents = read_contents(segments)
        movies = MOVIES.read(catalog)
        corrected = check_corrections(listed)
        doubts = doubt_scales(_rated_sources(listed, contents))
        findings = drift_of(events, ingest.drift)
    except (SegmentError, CatalogError) as error:
        return [CheckVerdict("readable", False, str(error))]
    return [
        CheckVerdict(
            "readable", True, f"{len(listed):,} segments, {sum(one.rows for one in listed):,} rows."
        ),
        _rows(contents.faults),
        check_scales(listed, ingest.scale),
        CheckVerdict("catalogue", True, f"{len(movies):,} movies are described; of others the id says all."),
        _offsets(listed),
        _duplicates(contents, params),
        corrected,
        doubts,
        _freshness(events, params, now),
        _drift(findings, drift_max),
    ]


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


def _duplicates(contents: Contents, params: ChecksParams) -> CheckVerdict:
    share = contents.absorbed / contents.ratings if contents.ratings else 0.0
    limit = params.duplicate_share_max
    sentence = (
        f"{contents.absorbed:,} of {contents.ratings:,} ratings stand there twice ({share:.2%}; at most "
        f"{limit:.2%} may)."
    )
    return CheckVerdict("duplicates", share <= limit, sentence)


def _rated_sources(listed: Sequence[Segment], contents: Contents) -> list[SourceRatings]:
    return [
        SourceRatings(
            one.name,
            one.scales[0],
            sum((contents.values.get(segment.path.stem, Counter()) for segment in one.segments), Counter()),
            one.kind in ("import", "file"),
        )
        for one in by_name(listed)
        if one.scales
    ]


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
