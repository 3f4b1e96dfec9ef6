"""Pages that others have written, shown as they are: nothing in them runs, loads, or reaches anything."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response

from auto_deployment.console.page import Asked, Console
from auto_deployment.console.responses import HTML

# Opened in a frame or alone: no script, no form, no origin, and nothing from elsewhere.
CAGE = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)


@dataclass(frozen=True, slots=True)
class Document:
    """A row of the table of documents: `content` returns HTML, or raises what a page may raise."""

    name: str
    rule: str
    content: Callable[[Console, Asked], str]


def add_document(app: Flask, document: Document, console: Console) -> None:
    """Answer for a document at its address."""
    app.add_url_rule(document.rule, document.name, _view(document, console), methods=["GET"])


def _view(document: Document, console: Console) -> Any:
    def view(**words: str) -> Response:
        answer = Response(document.content(console, Asked(words, {})), content_type=HTML)
        answer.headers["Content-Security-Policy"] = CAGE
        # Browsers refuse to show a page of its own that is both caged and isolated from others.
        answer.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
        return answer

    return view
