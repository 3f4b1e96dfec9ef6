"""The worker process: Gunicorn's own, with this service's form for requests that are no HTTP."""

from typing import Any

from gunicorn import util
from gunicorn.http import wsgi
from gunicorn.http.errors import LimitRequestLine, ParseException

from app.config import MAX_REQUEST_LINE
from app.connections import WatchingWorker
from app.factory import instance_of
from app.hot_route import ListHeaders
from app.problems import whole_problem


class WholeResponse(wsgi.Response):  # type: ignore[misc]  # Gunicorn is not typed
    """Sends a list in one piece.

    A worker that is killed, or gets no processor, between head and body leaves NGINX with half an answer, for
    which it can no longer ask another instance. It also saves a system call.
    """

    headers_sent: bool

    def process_headers(self, headers: list[tuple[str, str]]) -> None:
        """Take the headers of an answer; those of a list were checked when its model came into use."""
        if isinstance(headers, ListHeaders):
            self.headers, self.response_length = headers, headers.length
        else:
            super().process_headers(headers)

    def write(self, arg: bytes) -> None:
        if self.headers_sent or self.chunked or self._omits_body or len(arg) != self.response_length:
            super().write(arg)
            return
        if isinstance(self.headers, ListHeaders):
            fields = self.headers.text
        else:
            fields = "".join([f"{name}: {value}\r\n" for name, value in self.headers])
        head = "".join([*self.default_headers(), fields, "\r\n"])
        self.headers_sent = True
        self.sent += len(arg)
        util.write(self.sock, head.encode("latin-1") + arg)


class Worker(WatchingWorker):
    """Answers what cannot be parsed as a problem with the service's headers, too."""

    max_request_line = MAX_REQUEST_LINE

    def init_process(self) -> None:
        wsgi.Response = WholeResponse
        super().init_process()

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Answer a request that never reached the application, or that ended outside of it."""
        if isinstance(exc, LimitRequestLine):
            status, detail = 414, f"The request line is longer than {MAX_REQUEST_LINE} characters."
        elif isinstance(exc, ParseException):
            status, detail = 400, f"This is not a request that can be read: {exc}."
        else:
            self.log.error("Error handling a request", exc_info=exc)
            status, detail = 500, "The service failed to answer; the reason is in its log."
        try:
            util.write_nonblock(client, whole_problem(status, detail, instance_of(self.wsgi).slot.headers))
        except OSError as error:
            self.log.debug("The answer to a broken request found nobody: %s", error)
