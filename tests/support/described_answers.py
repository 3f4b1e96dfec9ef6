"""Generated requests to a running service, and whether its answers are such as its description allows."""

import json
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException, HTTPResponse
from typing import Any

import jsonschema_rs
import yaml

from app.routes import OPENAPI
from tests.support.generated_requests import Asked, Generator

CLIENTS = 3


class Description:
    """What the description allows as an answer."""

    def __init__(self) -> None:
        self._content: dict[str, Any] = yaml.safe_load(OPENAPI.read_bytes())
        self._validators: dict[str, Any] = {}

    def complaint(self, asked: Asked, response: HTTPResponse, body: bytes) -> str | None:
        """Say what is wrong with an answer, None when nothing is."""
        if not {"X-Model-Version", "X-Release", "X-Release-Track"} <= set(response.headers):
            return "lacks a header of the service"
        kind = response.headers.get_content_type()
        if asked.path is None or asked.method not in ("GET", "HEAD"):
            if response.status not in (400, 404, 405, 414) or kind != "application/problem+json":
                return f"is {response.status} {kind} where there is nothing, or nothing to {asked.method}"
            return None
        described = self._content["paths"][asked.path]["get"]["responses"].get(str(response.status))
        if described is None:
            return f"has the undocumented status {response.status}"
        described = self._resolved(described)
        headers = {name for name, one in described["headers"].items() if self._resolved(one)["required"]}
        if kind not in described["content"] or not headers <= set(response.headers):
            return f"has the type {kind} or lacks a header of {sorted(headers)}"
        if asked.method == "HEAD" or not kind.endswith("json"):
            return None
        return self._invalid(described["content"][kind]["schema"], body)

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        found: Any = self._content
        for word in node.get("$ref", "#").split("/")[1:]:
            found = found[word]
        return node if found is self._content else found

    def _invalid(self, schema: dict[str, Any], body: bytes) -> str | None:
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            whole = {**schema, "components": self._content["components"]}
            self._validators[key] = jsonschema_rs.validator_for(whole)
        errors = list(self._validators[key].iter_errors(json.loads(body)))
        return f"has a body that is not as described: {errors[0].message}" if errors else None


def send_from_all(port: int, count: int) -> tuple[Counter[int], list[str]]:
    """Send so many requests from several clients; return how often each status came, and complaints."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        jobs = [pool.submit(send_many, port, seed, count // CLIENTS) for seed in range(CLIENTS)]
        results = [job.result() for job in jobs]
    statuses = sum((found for found, _ in results), Counter[int]())
    return statuses, [complaint for _, complaints in results for complaint in complaints]


def send_many(port: int, seed: int, count: int) -> tuple[Counter[int], list[str]]:
    """Send generated requests over one connection, opened again whenever the service closes it."""
    generator, description = Generator(seed), Description()
    statuses: Counter[int] = Counter()
    complaints: list[str] = []
    connection: socket.socket | None = None
    for _ in range(count):
        asked = generator.request()
        connection = connection or socket.create_connection(("127.0.0.1", port), timeout=10)
        try:
            connection.sendall(asked.content)
            response = HTTPResponse(connection, method=asked.method)
            response.begin()
            body = response.read()
        except (OSError, HTTPException) as error:
            complaints.append(f"{asked.content!r} got no answer: {error!r}")
            connection = None
            continue
        statuses[response.status] += 1
        complaint = description.complaint(asked, response, body)
        if complaint or response.status >= 500:
            complaints.append(
                f"the answer to {asked.content!r} {complaint}: {response.status} {body[:200]!r}"
            )
        if response.will_close:
            connection.close()
            connection = None
    if connection is not None:
        connection.close()
    return statuses, complaints
