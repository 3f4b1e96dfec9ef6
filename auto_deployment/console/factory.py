"""Wires the application together: pages, access, assets, headers, and one line of log for each answer."""

import logging
import time
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Flask, Response, g, render_template, request

from auto_deployment.console.access import Door, Guard
from auto_deployment.console.assets import Assets
from auto_deployment.console.documents import add_document
from auto_deployment.console.errors import register_errors
from auto_deployment.console.live.news import news
from auto_deployment.console.live.stream import Live
from auto_deployment.console.page import Asked, Console, Page
from auto_deployment.console.pages.table import DOCUMENTS, PAGES
from auto_deployment.console.paging import query_with
from auto_deployment.console.press import Press
from auto_deployment.console.responses import HTML, guarded
from auto_deployment.console.sessions import Sessions, signing_key
from auto_deployment.host.durations import duration

MAX_BODY = 16_384
QUIET = ("live", "live_once", "static")

log = logging.getLogger(__name__)


def build(console: Console, door: Door) -> Flask:
    """Return the application; it reads nothing before the first request."""
    app = Flask("console", root_path=__file__.rpartition("/")[0], static_folder=None)
    app.secret_key = signing_key(door.token)
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY,
        SESSION_COOKIE_NAME="marquee-console",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(duration=duration, clock=clock)
    app.jinja_env.globals.update(pages=_menu(console), here=_here, query_with=query_with)
    app.before_request(_begin)
    guard = Guard(door, Sessions(console.now))
    guard.add_to(app)
    Press(console, guard).add_to(app)
    Live(lambda: news(console.paths, console.inbox, console.traffic, console.records)).add_to(app)
    Assets().add_to(app)
    for page in PAGES:
        app.add_url_rule(page.rule, page.name, _view(page, console), methods=["GET"])
    for document in DOCUMENTS:
        add_document(app, document, console)
    app.add_url_rule("/health/live", "live", lambda: {"status": "live"}, methods=["GET"])
    register_errors(app)
    app.after_request(_end)
    return app


def clock(time: datetime) -> str:
    """Return a moment as people read it."""
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _view(page: Page, console: Console) -> Any:
    def view(**words: str) -> Response:
        facts = page.facts(console, Asked(words, request.args))
        return Response(render_template(page.template, page=page, **facts), content_type=HTML)

    return view


def _menu(console: Console) -> list[Page]:
    """Return the pages, with the fleet's in the menu where there is a master."""
    return [replace(one, in_menu=True) if one.name == "fleet" and console.fleet else one for one in PAGES]


def _here() -> str:
    """Return the page of the menu that is open."""
    page = next((one for one in PAGES if one.name == request.endpoint), None)
    return (page.part_of or page.name) if page else ""


def _begin() -> None:
    g.began_s = time.perf_counter()


def _end(response: Response) -> Response:
    if request.endpoint not in QUIET:
        took_ms = (time.perf_counter() - g.began_s) * 1000
        rule = request.url_rule.rule if request.url_rule else "-"
        log.info("%s %s %d %.0f ms", request.method, rule, response.status_code, took_ms)
    return guarded(response)
