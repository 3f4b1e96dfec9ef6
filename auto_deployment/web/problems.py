"""Every refusal as a problem (RFC 9457) with a status of its own and a sentence that says what to do."""

import logging
from collections.abc import Sequence

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, NotFound

from app.problems import problem, problem_of
from auto_deployment.errors import MarqueeError

RETRY_AFTER_S = 10
Statuses = Sequence[tuple[type[MarqueeError], int]]

log = logging.getLogger(__name__)


def register_problems(app: Flask, statuses: Statuses, too_large: str) -> None:
    """Answer each refusal with the first status that fits; any other is a fault of ours: 500.

    `too_large` is what to do where a body has too many bytes.
    """

    def on_marquee_error(error: MarqueeError) -> Response:
        status = next((status for kind, status in statuses if isinstance(error, kind)), 500)
        response = problem(status, str(error))
        if status == 503:
            response.headers["Retry-After"] = str(RETRY_AFTER_S)
        if status == 500:  # it names a file, never a user
            log.error("%s", error)
        return response

    def on_http_exception(error: HTTPException) -> Response:
        return problem_of(error, _sentence(error, too_large))

    app.register_error_handler(MarqueeError, on_marquee_error)
    app.register_error_handler(HTTPException, on_http_exception)


def _sentence(error: HTTPException, too_large: str) -> str:
    if isinstance(error, InternalServerError):
        return "The service failed to answer; the reason is in its log. Whether it was done, a GET tells."
    if isinstance(error, MethodNotAllowed):
        return f"This address takes {', '.join(sorted(error.valid_methods or ()))} only."
    if error.code == 413:
        return f"The body has more than {request.max_content_length:,} bytes: {too_large}."
    if isinstance(error, NotFound) and error.description == NotFound.description:
        return "There is nothing here: GET /openapi.yaml says what this service answers."
    return error.description or "The request cannot be answered."
