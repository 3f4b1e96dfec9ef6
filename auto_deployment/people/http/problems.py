"""Every refusal as a problem (RFC 9457) with a status of its own and a sentence that says what to do."""

import logging
from collections.abc import Sequence

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, NotFound

from app.problems import problem, problem_of
from auto_deployment.errors import BadInputError, MarqueeError
from auto_deployment.host.locks import BusyError
from auto_deployment.people.http.bodies import MAX_BODY
from auto_deployment.people.refusals import ContradictionError, NotThereError

RETRY_AFTER_S = 10
# The first that fits counts; any other is a fault of ours: 500.
STATUS: Sequence[tuple[type[MarqueeError], int]] = (
    (NotThereError, 404),
    (ContradictionError, 409),
    (BadInputError, 422),
    (BusyError, 503),
)

log = logging.getLogger(__name__)


def register_problems(app: Flask) -> None:
    app.register_error_handler(MarqueeError, _on_marquee_error)
    app.register_error_handler(HTTPException, _on_http_exception)


def _on_marquee_error(error: MarqueeError) -> Response:
    status = next((status for kind, status in STATUS if isinstance(error, kind)), 500)
    response = problem(status, str(error))
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    if status == 500:  # it names a file, never a user
        log.error("%s", error)
    return response


def _on_http_exception(error: HTTPException) -> Response:
    return problem_of(error, _sentence(error))


def _sentence(error: HTTPException) -> str:
    if isinstance(error, InternalServerError):
        return "The service failed to answer; the reason is in its log. Whether it was done, a GET tells."
    if isinstance(error, MethodNotAllowed):
        return f"This address takes {', '.join(sorted(error.valid_methods or ()))} only."
    if error.code == 413:
        return f"The body has more than {MAX_BODY:,} bytes: send one event at a time."
    if isinstance(error, NotFound) and error.description == NotFound.description:
        return "There is nothing here: GET /openapi.yaml says what this service answers."
    return error.description or "The request cannot be answered."
