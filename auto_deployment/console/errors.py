"""Every refusal as a page with a sentence that says what to do."""

import logging
from collections.abc import Sequence
from http import HTTPStatus

from flask import Flask, Response, render_template
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, NotFound

from auto_deployment.console.page import BadQuestionError, MissingError
from auto_deployment.console.responses import HTML
from auto_deployment.errors import MarqueeError

STATUS: Sequence[tuple[type[MarqueeError], int]] = ((MissingError, 404), (BadQuestionError, 400))

log = logging.getLogger(__name__)


def register_errors(app: Flask) -> None:
    """Answer errors with pages."""
    app.register_error_handler(MarqueeError, _on_marquee_error)
    app.register_error_handler(HTTPException, _on_http_exception)


def error_page(status: int, sentence: str) -> Response:
    """Return the page of a refusal."""
    title = HTTPStatus(status).phrase
    return Response(render_template("error.html", title=title, sentence=sentence), status, content_type=HTML)


def _on_marquee_error(error: MarqueeError) -> Response:
    status = next((status for kind, status in STATUS if isinstance(error, kind)), 500)
    if status == 500:
        log.error("%s", error)
    return error_page(status, str(error))


def _on_http_exception(error: HTTPException) -> Response:
    response = error_page(error.code or 500, _sentence(error))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _sentence(error: HTTPException) -> str:
    if isinstance(error, InternalServerError):
        return "The console failed to answer; the reason is in its log."
    if isinstance(error, MethodNotAllowed):
        return f"This address takes {', '.join(sorted(error.valid_methods or ()))} only."
    if isinstance(error, NotFound) and error.description == NotFound.description:
        return "There is no such page: the menu above has all of them."
    return error.description or "The request cannot be answered."
