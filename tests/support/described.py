"""An OpenAPI description beside the application that it is of: both must say the same."""

import re
from pathlib import Path
from typing import Any

import yaml
from flask import Flask
from openapi_schema_validator import OAS31Validator
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

VERBS = {"get", "post", "put", "delete"}


def path_of(rule: str) -> str:
    return re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", rule)


class Described:
    """A description and what it says of single answers."""

    def __init__(self, file: Path) -> None:
        self.content: dict[str, Any] = yaml.safe_load(file.read_bytes())

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            found: dict[str, Any] = self.content
            for word in node["$ref"].removeprefix("#/").split("/"):
                found = found[word]
            node = found
        return node

    def operations(self) -> dict[tuple[str, str], str]:
        return {(path, verb): one["operationId"] for path, verb, one in self._each()}

    def open_to_all(self) -> set[str]:
        return {one["operationId"] for _, _, one in self._each() if one.get("security") == []}

    def check_answer(self, app: Flask, method: str, address: str, answer: TestResponse) -> None:
        """Compare status, headers, type and body with what is described, unless the address is unknown."""
        try:
            rule, _ = app.url_map.bind("test").match(answer.request.path, method, return_rule=True)
        except HTTPException:
            assert answer.status_code in (404, 405)
            return
        described = self.content["paths"][path_of(rule.rule)][method.lower()]["responses"]
        response = self.resolve(described[str(answer.status_code)])
        for name, header in response["headers"].items():
            OAS31Validator(self.resolve(header)["schema"]).validate(answer.headers[name])
        kind = str(answer.mimetype)
        schema = response["content"][kind]["schema"]
        whole = {**self.content, **schema}
        OAS31Validator(whole).validate(answer.json if kind.endswith("json") else answer.text)

    def _each(self) -> list[tuple[str, str, dict[str, Any]]]:
        return [
            (path, verb, operation)
            for path, verbs in self.content["paths"].items()
            for verb, operation in verbs.items()
            if verb in VERBS
        ]


def routes(app: Flask) -> dict[tuple[str, str], str]:
    return {
        (path_of(rule.rule), verb.lower()): rule.endpoint
        for rule in app.url_map.iter_rules()
        for verb in (rule.methods or set()) - {"HEAD"}
    }
