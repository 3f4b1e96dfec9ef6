"""A master over HTTP on a store in a folder, with a clock that stands still; each answer is as described."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from werkzeug.test import TestResponse

from auto_deployment.fleet.files import Files
from auto_deployment.fleet.folder import FolderFiles
from auto_deployment.fleet.master.http import Tokens, build
from auto_deployment.fleet.master.http.factory import OPENAPI
from auto_deployment.fleet.master.master import Master, MasterParts
from auto_deployment.fleet.master.node_tokens import NodeTokens
from auto_deployment.fleet.store import ModelStore
from tests.support.described import Described
from tests.support.fleet import NOW, Meddled, model

TOKEN = "a token that nobody can guess"  # the operator's
NODE_TOKEN = "another one that nodes report with"
DESCRIBED = Described(OPENAPI)
SILENT_S = 60.0


def channel(version: str | None = None, **named: Any) -> dict[str, Any]:
    """Return what an agent says of a channel that serves a version, which it wants."""
    return {"wanted": version, "linked": version, "answers": version, "confirmed": version, **named}


def report(*versions: str, serves: str | None = None, **named: Any) -> dict[str, Any]:
    """Return what an agent says that holds versions and serves one on `stable`."""
    found = {"model": "films", "versions": list(versions), "channels": {"stable": channel(serves)}}
    return {**found, **named}


def token_for(method: str, address: str) -> str:
    """Return the token with which this may be asked."""
    return NODE_TOKEN if method == "PUT" and address.startswith("/nodes/") else TOKEN


class Fleet:
    """A master, and who asks it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now, self.serves = folder, NOW.timestamp(), ""
        self.tokens = Tokens(NodeTokens(NODE_TOKEN), TOKEN)
        (folder / "store").mkdir()
        self.files = Meddled(FolderFiles(folder / "store"))
        self.store = ModelStore(self.files, "films")
        self.database = folder / "master" / "master.db"
        self.start()

    def start(self) -> None:
        """Start the master, as after a restart."""

        def files() -> Files:
            return self.files

        parts = MasterParts(
            self.database.parent, files, lambda: self.serves or None, 5.0, SILENT_S, lambda: self.now
        )
        self.master = Master(parts)
        self.master.start()
        self.app = build(self.master, self.tokens)
        self.client = self.app.test_client()

    def publish(self, version: str, *channels: str, seed: int = 1) -> str:
        """Publish a generated model; return its content hash."""
        self.store.publish(model(self.folder / "models", version, seed))
        if channels:
            self.store.move(dict.fromkeys(channels, version), NOW)
        self.master.shelf.look()
        return str(json.loads(self.store.manifest(version))["content_hash"])

    def ask(
        self,
        method: str,
        address: str,
        body: object = None,
        *,
        key: str | None = "",
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
    ) -> TestResponse:
        """Ask with the right token, under a new key where none is given, and compare with the description."""
        sent = {"Authorization": f"Bearer {token_for(method, address)}", **(headers or {})}
        if key is not None and method != "GET":
            sent["Idempotency-Key"] = key or str(uuid4())
        named: dict[str, Any] = {"data": data} if body is None else {"json": body}
        answer = self.client.open(address, method=method, headers=sent, **named)
        DESCRIBED.check_answer(self.app, method, address, answer)
        return answer

    def json(self, method: str, address: str, body: object = None, **named: Any) -> dict[str, Any]:
        """Ask for what is not refused."""
        answer = self.ask(method, address, body, **named)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    def said(self, method: str, address: str, body: object = None, **named: Any) -> tuple[int, str]:
        """Ask for what is refused; return the status and the sentence."""
        answer = self.ask(method, address, body, **named)
        assert answer.mimetype == "application/problem+json", answer.text
        found: dict[str, Any] = answer.get_json()
        return answer.status_code, str(found["detail"])

    def report(self, node: str = "node-1", **named: Any) -> list[dict[str, Any]]:
        """Report as an agent; return what it is asked to do."""
        versions = named.pop("versions", ())
        orders: list[dict[str, Any]] = self.json("PUT", f"/nodes/{node}", report(*versions, **named))[
            "orders"
        ]
        return orders

    def node(self, name: str = "node-1") -> dict[str, Any]:
        (found,) = [one for one in self.json("GET", "/nodes")["nodes"] if one["node"] == name]
        shown: dict[str, Any] = found
        return shown

    def audit(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.json("GET", "/audit")["items"]
        return items

    def value(self, name: str, labels: str = "") -> float | None:
        """Return the value of a series of the master's metrics."""
        start = f"marquee_fleet_master_{name}{labels} "
        lines = self.ask("GET", "/metrics").text.splitlines()
        return next((float(line[len(start) :]) for line in lines if line.startswith(start)), None)
