"""Docker's engine over its socket: figures as numbers, where its command line writes them for people."""

import json
import os
import socket
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote

from auto_deployment.errors import BadInputError
from auto_deployment.recipe.errors import RecipeError

USUAL_SOCKET = "/var/run/docker.sock"
TIMEOUT_S = 20.0


class NotThereError(RecipeError):
    """The engine knows no such thing, or no more."""


class Engine:
    """Reads; what changes something is done by Docker's command line."""

    def __init__(self, address: str | None = None) -> None:
        """Take the engine of DOCKER_HOST; raise `BadInputError` for one that is no socket of this host."""
        given = os.environ.get("DOCKER_HOST", "") if address is None else address
        kind, _, path = (given or f"unix://{USUAL_SOCKET}").partition("://")
        if kind != "unix" or not path:
            raise BadInputError(
                f"DOCKER_HOST is {given}: the engine has to be on this host (unix:///PATH), as what is "
                "measured is."
            )
        self._path = path

    def get(self, path: str) -> Any:
        """Return the answer to one question, as JSON."""
        connection = _SocketConnection(self._path)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            content = json.loads(answer.read() or b"null")
        except (OSError, HTTPException, ValueError) as error:
            raise RecipeError(
                f"Docker's engine does not answer at {self._path} ({error}): start it, or set DOCKER_HOST."
            ) from error
        finally:
            connection.close()
        if answer.status == 404:
            raise NotThereError(f"Docker's engine says: {content.get('message', path)}.")
        if answer.status != 200:
            raise RecipeError(f"Docker's engine answers {path} with {answer.status}: {content}.")
        return content

    def containers(self, labels: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the running containers that have these labels; an empty value stands for any."""
        words = [f"{name}={value}" if value else name for name, value in labels.items()]
        wanted = json.dumps({"label": words})
        found: list[dict[str, Any]] = self.get(f"/containers/json?filters={quote(wanted)}")
        return found

    def inspect(self, container: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/containers/{quote(container)}/json")
        return found

    def stats(self, container: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/containers/{quote(container)}/stats?stream=false&one-shot=true")
        return found

    def cores(self) -> float:
        """Return how many cores the engine's host has."""
        return float(self.get("/info")["NCPU"])


class _SocketConnection(HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT_S)
        self.sock.connect(self._path)
