"""Style, script and plot library: read once, under addresses that change with their content."""

import mimetypes
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, abort, url_for

STATIC = Path(__file__).with_name("static")
NAMES = ("console.css", "console.js", "vendor/uPlot.iife.min.js", "vendor/uPlot.min.css")
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent; `version` is a part of its address."""

    content: bytes
    version: str
    kind: str


class Assets:
    """These files and no other."""

    def __init__(self) -> None:
        self._files = {name: _asset(STATIC / name) for name in NAMES}

    def add_to(self, app: Flask) -> None:
        """Answer for them at /static, and tell templates their addresses: `asset(name)`."""
        app.add_url_rule("/static/<version>/<path:name>", "static", self._view, methods=["GET"])
        app.jinja_env.globals["asset"] = self._address

    def _address(self, name: str) -> str:
        return url_for("static", version=self._files[name].version, name=name)

    def _view(self, version: str, name: str) -> Response:
        found = self._files.get(name)
        if found is None:
            abort(404)
        # A page that was open while the console was updated asks for the version before.
        kept = FOR_EVER if version == found.version else "no-store"
        return Response(found.content, 200, {"Cache-Control": kept}, content_type=found.kind)


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(content, sha256(content).hexdigest()[:12], f"{kind}; charset=utf-8")
