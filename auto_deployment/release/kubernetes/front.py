"""The edge log and the count of requests of all NGINX pods, brought to one place.

Each pod has a log of its own, which ends with it. NGINX shows it beside its counter (`edge-log.conf`); what
was added is appended to one log here every few seconds, and which bytes of whose log are in it is written
down after them.
"""

import errno
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from auto_deployment.edge.log_files import EdgeLogError
from auto_deployment.host.files import replace_text
from auto_deployment.release.kubernetes.api import Api
from auto_deployment.release.kubernetes.pods import is_ready
from auto_deployment.release.observe.nginx_status import counter, requests_between
from auto_deployment.release.ports import PortError

FRONT = "front"
LOG_PORT, STATUS_PORT = 8084, 8083
TIMEOUT_S = 5.0
HEAD_BYTES = 128  # tell a log from the one that has its name after it was turned over
PIECE_BYTES = 8_000_000  # of one log at once
TURN_BYTES = 64_000_000  # of the log here, and then it is turned over
KEPT = 4  # of those


@dataclass(slots=True)
class Position:
    """How far a pod's log was read, and the bytes that it begins with."""

    offset: int = 0
    head: str = ""


@dataclass(frozen=True, slots=True)
class FrontPod:
    """An NGINX: its pod's id, its address, and whether it must answer."""

    uid: str
    host: str
    ready: bool


def front_pods(api: Api) -> list[FrontPod]:
    """Return the NGINX pods that have an address, also those that are about to go."""
    return [
        FrontPod(one["metadata"]["uid"], one["status"]["podIP"], is_ready(one))
        for one in api.pods(FRONT)
        if one.get("status", {}).get("podIP")
    ]


class EdgeLogs:
    """Appends to `log` what the pods' logs have got; every line once, though we are killed in between."""

    def __init__(self, api: Api, log: Path, port: int = LOG_PORT) -> None:
        self._api, self.log, self._port = api, log, port
        self._noted = log.with_name("brought.json")
        self._positions: dict[str, Position] | None = None

    def bring(self) -> None:
        """Bring what is new of every pod. Raises `PortError` and, for a pod that is ready, `EdgeLogError`."""
        pods = front_pods(self._api)
        try:
            before = self._open()
            positions: dict[str, Position] = {}
            failed = ""
            for pod in pods:
                # A pod that was not known is read from its beginning: it has served nobody before.
                positions[pod.uid] = position = before.get(pod.uid, Position())
                try:
                    self._bring_from(pod, position)
                except (OSError, HTTPException) as error:
                    failed = failed or (f"the log of NGINX {pod.host}: {error}" if pod.ready else "")
            self._keep(positions)
        except OSError as error:
            raise EdgeLogError(f"{self.log} cannot be written ({error.strerror}).") from error
        if failed:
            raise EdgeLogError(f"The edge log is not complete ({failed}).")

    def _bring_from(self, pod: FrontPod, position: Position) -> None:
        url = f"http://{pod.host}:{self._port}/edge.log"
        if not self._is_same(url, position):
            if self._is_same(f"{url}.1", position):
                self._append(f"{url}.1", position)
            if not next(self._fetch(url, 0, 1), b""):
                return  # NGINX has not opened a new one yet, and writes to the old
            position.offset, position.head = 0, ""
        self._append(url, position)

    def _is_same(self, url: str, position: Position) -> bool:
        """Tell whether it is still the log of which we have read a part."""
        return not position.head or next(
            self._fetch(url, 0, len(position.head)), b""
        ) == position.head.encode("latin-1")

    def _append(self, url: str, position: Position) -> None:
        for piece in self._fetch(url, position.offset, PIECE_BYTES):
            whole = piece[: piece.rfind(b"\n") + 1]
            if not whole:
                return
            self._write(whole)
            if position.offset == 0:
                position.head = whole[:HEAD_BYTES].decode("latin-1")
            position.offset += len(whole)

    def _write(self, lines: bytes) -> None:
        """Append lines, all of them or none; raise `EdgeLogError` where the disk has no room for them."""
        size = self.log.stat().st_size
        try:
            with self.log.open("ab", buffering=0) as log:
                if log.write(lines) < len(lines):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            os.truncate(self.log, size)
            raise EdgeLogError(f"{self.log} cannot be written ({error.strerror}).") from error

    def _fetch(self, url: str, offset: int, most: int) -> Iterator[bytes]:
        """Yield so many bytes of a log at most, nothing where it has none there or is not there."""
        asked = Request(url, headers={"Range": f"bytes={offset}-{offset + most - 1}"})
        try:
            with urlopen(asked, timeout=TIMEOUT_S) as answer:
                if answer.status == HTTPStatus.PARTIAL_CONTENT:
                    yield answer.read()
        except HTTPError as error:
            if error.code not in (HTTPStatus.NOT_FOUND, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE):
                raise

    def _open(self) -> dict[str, Position]:
        """Return the positions; at first, cut off what was appended and not written down."""
        if self._positions is not None:
            return self._positions
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.touch()
        try:
            noted = json.loads(self._noted.read_bytes())
            size, found = int(noted["size"]), {uid: Position(**one) for uid, one in noted["pods"].items()}
        except FileNotFoundError:
            size, found = 0, {}
        except (KeyError, TypeError, ValueError) as error:
            raise EdgeLogError(f"{self._noted} is damaged: remove it between releases.") from error
        if self.log.stat().st_size > size:
            os.truncate(self.log, size)
        return found

    def _keep(self, positions: dict[str, Position]) -> None:
        """Write down what has been brought, and turn the log over when it has grown enough."""
        self._positions = positions
        self._note(self.log.stat().st_size)
        if self.log.stat().st_size < TURN_BYTES:
            return
        for number in range(KEPT - 1, 0, -1):
            older = self.log.with_name(f"{self.log.name}.{number}")
            if older.exists():
                older.rename(self.log.with_name(f"{self.log.name}.{number + 1}"))
        self.log.rename(self.log.with_name(f"{self.log.name}.1"))
        self.log.touch()
        self._note(0)

    def _note(self, size: int) -> None:
        pods = {uid: asdict(one) for uid, one in (self._positions or {}).items()}
        replace_text(self._noted, json.dumps({"size": size, "pods": pods}))


class Requests:
    """How many requests all NGINX pods took, as one counter that only grows, whichever pods go."""

    def __init__(self, api: Api, port: int = STATUS_PORT) -> None:
        self._api, self._port = api, port
        self._last: dict[str, int] = {}
        self._total = 0

    def __call__(self) -> int | None:
        """Return the count, None where a pod that must answer does not, or nobody knows the pods."""
        try:
            pods = front_pods(self._api)
        except PortError:
            return None
        for pod in pods:
            found = counter(f"http://{pod.host}:{self._port}/stub_status")()
            if found is None and pod.ready:
                return None
            if found is not None:
                self._total += requests_between(self._last.get(pod.uid, 0), found) or 0
                self._last[pod.uid] = found
        return self._total
