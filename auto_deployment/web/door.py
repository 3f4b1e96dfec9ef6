"""An application whose routes ask for the token, but for a few, and whose log names rules."""

import logging
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, jsonify, request

from app.problems import problem
from auto_deployment.web.access import Access, bearer

LIVE, OPENAPI = "live", "openapi"
OPEN_TO_ALL = (LIVE, OPENAPI)

log = logging.getLogger(__name__)


class GuardedApp(Flask):
    """Flask, which would log the address of a request that failed: that may have a user's number."""

    def __init__(self, name: str, max_body: int) -> None:
        super().__init__(name, static_folder=None)
        self.url_map.merge_slashes = False
        self.json.sort_keys = False  # type: ignore[attr-defined]  # of the provider that Flask has by default
        self.config["MAX_CONTENT_LENGTH"] = max_body

    def log_exception(self, exc_info: Any) -> None:
        log.error("%s %s failed", request.method, rule(), exc_info=exc_info)


def guard(
    app: Flask,
    access: Access,
    open_to_all: Collection[str] = OPEN_TO_ALL,
    quiet: Collection[str] = (LIVE,),
    apart: Mapping[str, Access] | None = None,
) -> None:
    """Let nobody in without the token but to `open_to_all`, and log answers but those of `quiet`.

    `apart` are views that have a token of their own.
    """
    own = apart or {}

    def ask() -> Response | None:
        g.began_s = time.perf_counter()
        if request.endpoint in open_to_all:
            return None
        asked = own.get(request.endpoint or "", access)
        refused = asked.refusal(request.remote_addr or "", bearer(request.headers.get("Authorization")))
        if refused is None:
            return None
        response = problem(refused.status, refused.detail)
        response.headers.update(refused.headers)
        return response

    def tell(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        if request.endpoint not in quiet or response.status_code >= 400:
            took_ms = (time.perf_counter() - g.began_s) * 1000
            log.info("%s %s %d %.0f ms", request.method, rule(), response.status_code, took_ms)
        return response

    app.before_request(ask)
    app.after_request(tell)


def rule() -> str:
    """Return the rule of the request's address: the address itself may have a user's number."""
    return request.url_rule.rule if request.url_rule else "-"


def live() -> Response:
    return jsonify({"status": "live"})


def description(path: Path) -> Response:
    """Return the file that describes the service."""
    return Response(path.read_bytes(), content_type="application/yaml")
