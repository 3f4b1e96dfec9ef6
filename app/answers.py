"""Lists as answers: one line of ids, or JSON for those who ask for it."""

import json
from collections.abc import Sequence
from typing import Any

from flask import Response
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from app.scoring.reasons import Why
from app.serving import ServedModel

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"
SOURCE_HEADER = "X-Recommendation-Source"
SIMILAR = "similar"
VARY = (("Vary", "Accept"),)


def wants_json(accept: str | None) -> bool:
    """Say whether JSON is preferred; the line of ids for everything else, a list is better than a 406."""
    if accept is None or "json" not in accept.lower():  # nearly every request
        return False
    accepted = parse_accept_header(accept, MIMEAccept)
    return accepted.quality(JSON) >= max(accepted.quality("text/plain"), 0.001)


def text_headers(source: str) -> list[tuple[str, str]]:
    """Return what a line of ids says of itself."""
    return [(SOURCE_HEADER, source), *VARY, ("Content-Type", TEXT)]


def text_list(serving: ServedModel, rows: Sequence[int], source: str) -> Response:
    """Answer with one line of comma-separated ids, best first, without an end of line."""
    return Response(serving.recommender.line_of(rows), 200, text_headers(source))


def json_list(
    serving: ServedModel,
    rows: Sequence[int],
    scores: Sequence[float],
    source: str,
    subject: dict[str, str],
    reasons: Sequence[Why] | None = None,
) -> Response:
    """Answer with titles, scores and where the list comes from; with reasons, each movie says why."""
    movies = serving.recommender.model.movies

    def named(row: int, **more: Any) -> dict[str, Any]:
        return {"movie_id": movies.ids[row], "title": movies.titles[row], **more}

    items = [named(row, score=score) for row, score in zip(rows, scores, strict=True)]
    if reasons is not None:
        for item, why in zip(items, reasons, strict=True):
            item["because"] = [named(row, share=share) for row, share in why.titles]
    labels = {
        "model_version": serving.recommender.model.version,
        "release": serving.release,
        "track": serving.track,
        "source": source,
    }
    body = as_json({**subject, "items": items, **labels})
    return Response(body, 200, [(SOURCE_HEADER, source), *VARY], content_type=JSON)


def as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
