"""What a service says of requests that never reached its application."""

import logging
from typing import Any

from gunicorn import util
from gunicorn.http.errors import LimitRequestLine, ParseException
from gunicorn.workers.gthread import ThreadWorker

from app.problems import whole_problem

log = logging.getLogger(__name__)


class ProblemWorker(ThreadWorker):  # type: ignore[misc]  # Gunicorn is not typed
    """Gunicorn's own, which would answer in HTML what it cannot parse, and log the whole address."""

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Answer a request that never reached the application, or that ended outside of it."""
        if isinstance(exc, LimitRequestLine):
            status, detail = 414, "The request line is too long."
        elif isinstance(exc, ParseException):
            status, detail = 400, "This is no request of HTTP that can be read."
        else:
            log.error("A request ended outside of the application", exc_info=exc)
            status, detail = 500, "The service failed to answer; the reason is in its log."
        try:
            util.write_nonblock(client, whole_problem(status, detail))
        except OSError as error:
            log.debug("The answer to a broken request found nobody: %s", error)
