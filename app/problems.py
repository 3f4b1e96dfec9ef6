"""Errors as RFC 9457 `application/problem+json`: a status and a sentence for the person who asked."""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from flask import Response
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, NotFound

MEDIA_TYPE = "application/problem+json"


def problem_body(status: int, detail: str, also: Mapping[str, Any] | None = None) -> bytes:
    """Return the JSON of a problem; its type is `about:blank`, so the title is the status's own phrase."""
    title = HTTPStatus(status).phrase
    found = {"type": "about:blank", "title": title, "status": status, "detail": detail, **(also or {})}
    return json.dumps(found).encode()


def whole_problem(status: int, detail: str, headers: Iterable[tuple[str, str]] = ()) -> bytes:
    """Return a problem as it is sent where no application answers; the connection ends with it."""
    body = problem_body(status, detail)
    fields = [
        ("Connection", "close"),
        ("Content-Type", MEDIA_TYPE),
        ("Content-Length", str(len(body))),
        *headers,
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{head}\r\n".encode("latin-1") + body


def problem(status: int, detail: str, also: Mapping[str, Any] | None = None) -> Response:
    """Return it; `also` is what a program may read of it beside the sentence."""
    return Response(problem_body(status, detail, also), status, content_type=MEDIA_TYPE)


def on_http_exception(error: HTTPException) -> Response:
    """Turn what Flask, Werkzeug or a route raised into a problem."""
    return problem_of(error, sentence(error))


def problem_of(error: HTTPException, detail: str) -> Response:
    """Return a problem with an error's status, and what is allowed in its place."""
    response = problem(error.code or 500, detail)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def sentence(error: HTTPException) -> str:
    """Say what is wrong, without a word of the inside."""
    if isinstance(error, InternalServerError):
        return "The service failed to answer; the reason is in its log."
    if isinstance(error, MethodNotAllowed):
        return "This address answers GET only."
    if isinstance(error, NotFound) and error.description == NotFound.description:
        return "There is nothing here: GET /openapi.yaml says what this service answers."
    return error.description or "The request cannot be answered."
