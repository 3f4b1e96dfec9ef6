"""`python -m benchmarks.fleet_store FOLDER PORT MB_S`: a folder as S3 answers, at the end of a slow link.

The servers with S3's interface that tests use read a whole file for each part of it, which would be measured
beside those who serve. This one knows what is asked when a version is pulled, and nothing else.
"""

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from auto_deployment.fleet.throttle import Throttle

PART = 65_536
MISSING = b"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"


class Link:
    """What all connections together may carry."""

    def __init__(self, rate_mb_s: float) -> None:
        self._throttle, self._turn = Throttle(rate_mb_s), threading.Lock()

    def carried(self, count: int) -> None:
        with self._turn:
            self._throttle.paid(count)


class Answers(BaseHTTPRequestHandler):
    """Objects by GET and HEAD, also in part, and the names below a prefix."""

    protocol_version = "HTTP/1.1"
    root: Path
    link: Link

    def do_HEAD(self) -> None:
        self._object(is_wanted=False)

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        if "list-type" in asked:
            self._names(asked.get("prefix", [""])[0])
        else:
            self._object(is_wanted=True)

    def _object(self, *, is_wanted: bool) -> None:
        path = self.root / unquote(urlsplit(self.path).path).lstrip("/")
        if not path.is_file():
            self._head(404, len(MISSING))
            self.wfile.write(MISSING if is_wanted else b"")
            return
        size, start, status = path.stat().st_size, 0, 200
        end = size
        if (words := self.headers.get("Range", "")).startswith("bytes="):
            first, _, last = words.removeprefix("bytes=").partition("-")
            start, end, status = int(first), min(int(last) + 1 if last else size, size), 206
        self._head(status, end - start, f'"{path.stat().st_mtime_ns:x}"')
        if is_wanted:
            self._send(path, start, end)

    def _send(self, path: Path, start: int, end: int) -> None:
        with path.open("rb") as file:
            file.seek(start)
            while start < end:
                content = file.read(min(PART, end - start))
                self.link.carried(len(content))
                self.wfile.write(content)
                start += len(content)

    def _names(self, prefix: str) -> None:
        bucket = unquote(urlsplit(self.path).path).strip("/")
        folder = self.root / bucket / prefix
        found = sorted(folder.iterdir()) if folder.is_dir() else []
        keys = [one for one in found if one.is_file()]
        folders = [one for one in found if one.is_dir()]
        parts = [f"<Contents><Key>{escape(prefix + one.name)}</Key><Size>0</Size></Contents>" for one in keys]
        parts += [
            f"<CommonPrefixes><Prefix>{escape(prefix + one.name)}/</Prefix></CommonPrefixes>"
            for one in folders
        ]
        body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{''.join(parts)}</ListBucketResult>"
        self._head(200, len(body.encode()))
        self.wfile.write(body.encode())

    def _head(self, status: int, size: int, tag: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(size))
        self.send_header("Content-Type", "application/octet-stream" if tag else "application/xml")
        if tag:
            self.send_header("ETag", tag)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Say nothing of each request."""


if __name__ == "__main__":
    Answers.root, Answers.link = Path(sys.argv[1]), Link(float(sys.argv[3]))
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Answers).serve_forever()
