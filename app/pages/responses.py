"""Answers as HTML, for those who ask for it."""

from typing import Any

from flask import Response, render_template
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from app.answers import JSON

HTML = "text/html"
# No script, style or picture of another place or of a title can ever run here.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",  # the address names a user
    "Cache-Control": "no-store",
    "Vary": "Accept",
}


def wants_html(accept: str | None) -> bool:
    """Say whether HTML is named and preferred, as browsers do; whoever takes anything gets no page."""
    if accept is None or HTML not in accept.lower():
        return False
    accepted = parse_accept_header(accept, MIMEAccept)
    html = accepted.quality(HTML)
    return html > accepted.quality(JSON) and html >= accepted.quality("text/plain")


def html_page(template: str, status: int = 200, **facts: Any) -> Response:
    """Return a page; Jinja escapes every value."""
    return Response(
        render_template(template, **facts), status, HEADERS, content_type=f"{HTML}; charset=utf-8"
    )
