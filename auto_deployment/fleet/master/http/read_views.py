"""What the master tells: from what it knows, whatever is away."""

import json
from typing import Any

from flask import Response, jsonify
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from werkzeug.exceptions import BadRequest

from auto_deployment.fleet.errors import DatabaseError, MissingError
from auto_deployment.fleet.master.master import Master
from auto_deployment.fleet.master.metrics import MasterMetrics
from auto_deployment.fleet.master.views import channels_view, iso, models_view, nodes_view
from auto_deployment.web.bodies import read_query

DEFAULT_LIMIT, MAX_LIMIT = 50, 500


class ReadViews:
    """One method for each address."""

    def __init__(self, master: Master, metrics: MasterMetrics) -> None:
        self._master = master
        self._registry = CollectorRegistry()
        self._registry.register(metrics)

    def list_nodes(self) -> Response:
        read_query()
        return jsonify(nodes_view(self._master))

    def list_models(self) -> Response:
        read_query()
        return jsonify(models_view(self._master.shelf.seen, self._master.nodes.all()))

    def list_channels(self) -> Response:
        read_query()
        return jsonify(channels_view(self._master.shelf.seen))

    def list_audit(self) -> Response:
        """List operations, the newest first; `next_before` is null at the end."""
        query = read_query(("limit", "before"))
        limit = _whole(query.get("limit", str(DEFAULT_LIMIT)), "limit", MAX_LIMIT)
        before = _whole(query["before"], "before", 2**62) if "before" in query else None
        rows = self._master.audit.rows(limit + 1, before)
        last = rows[limit - 1]["number"] if len(rows) > limit else None
        return jsonify({"items": [_audit(row) for row in rows[:limit]], "next_before": last})

    def operation(self, key: str) -> Response:
        """Show one operation, with what has come of it on nodes."""
        read_query()
        row = self._master.audit.named(key)
        if row is None:
            raise MissingError("No operation has this name: GET /audit lists them.")
        orders = self._master.nodes.orders(key)
        shown = [{**one, "at": iso(one["at"]), "ended_at": iso(one["ended_at"])} for one in orders]
        return jsonify({**_audit(row), "orders": shown})

    def ready(self) -> Response:
        """Tell whether operations can be taken; nodes and answers go on without."""
        try:
            self._master.nodes.open_orders()
            fault = self._master.database.fault
        except DatabaseError as error:
            fault = str(error)
        response = jsonify({"status": "bad" if fault else "ready", "database_fault": fault})
        response.status_code = 503 if fault else 200
        return response

    def metrics(self) -> Response:
        return Response(generate_latest(self._registry), content_type=CONTENT_TYPE_LATEST)


def _audit(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as it is shown; without a status it was cut short, or could not be done then."""
    read = {name: json.loads(row[name] or "null") for name in ("what", "before", "after", "answer")}
    return {**row, **read, "at": iso(row["at"])}


def _whole(text: str, name: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and 1 <= int(text) <= most):
        raise BadRequest(f"{name} is a whole number from 1 to {most}.")
    return int(text)
