"""What the service is compared with."""

from typing import TYPE_CHECKING

from flask import Flask, Response

from app.answers import SOURCE_HEADER, TEXT
from app.wsgi import application

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONSTANT_RULE = "/constant/<user>"
SERVICE_APP = "benchmarks.apps:with_constant_route()"
BARE_APP = "benchmarks.apps:bare()"
REPLY_APP = "benchmarks.apps:reply()"
BODY = ",".join(f"film+{number}+{1950 + number % 75}" for number in range(20_000, 20_020)).encode()


def with_constant_route() -> Flask:
    """Return the service with one more route, whose body and headers are constant and of the same shape."""
    app = application()

    @app.get(CONSTANT_RULE, provide_automatic_options=False)
    def constant(user: str) -> Response:
        return Response(BODY, 200, [(SOURCE_HEADER, "personal"), ("Vary", "Accept")], content_type=TEXT)

    return app


def bare() -> Flask:
    """Return a Flask application with one route and no hooks."""
    app = Flask("bare")

    @app.get("/recommend/<user>")
    def recommend(user: str) -> Response:
        return Response(BODY, content_type=TEXT)

    return app


def reply() -> "WSGIApplication":
    """Return an application that says the same bytes to everybody: what Gunicorn alone costs."""
    headers = [
        (SOURCE_HEADER, "personal"),
        ("Vary", "Accept"),
        ("Content-Type", TEXT),
        ("Content-Length", str(len(BODY))),
        ("X-Model-Version", "20261101T0000-00000000"),
        ("X-Release", "20261101T0000-00000000-0000000"),
        ("X-Release-Track", "stable"),
    ]

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        start_response("200 OK", list(headers))
        return [BODY]

    return answer
