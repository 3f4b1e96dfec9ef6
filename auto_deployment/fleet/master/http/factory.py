"""Wires the application together: rules, access, problems."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask

from auto_deployment.errors import BadInputError
from auto_deployment.fleet.errors import DamagedError, DatabaseError, MissingError, OtherNodeError, StoreError
from auto_deployment.fleet.master.http.bodies import MAX_BODY
from auto_deployment.fleet.master.http.change_views import ChangeViews
from auto_deployment.fleet.master.http.read_views import ReadViews
from auto_deployment.fleet.master.master import Master
from auto_deployment.fleet.master.metrics import MasterMetrics
from auto_deployment.fleet.master.node_tokens import NOT_ANY_MORE, NodeTokens
from auto_deployment.fleet.orders import Do
from auto_deployment.web.access import Access, exactly
from auto_deployment.web.door import OPEN_TO_ALL, GuardedApp, description, guard, live
from auto_deployment.web.problems import Statuses, register_problems

OPENAPI = Path(__file__).with_name("openapi.yaml")
REPORT = "report"
ASKS = "Send `Authorization: Bearer TOKEN` with the token of the file that FLEET_OPERATOR_TOKEN_FILE names."
ASKS_NODE = "Send `Authorization: Bearer TOKEN` with the token of the file that FLEET_NODE_TOKEN_FILE names."
ONLY_REPORTS = (
    "This is the token of nodes, which may only report: take the operator's, of FLEET_OPERATOR_TOKEN_FILE."
)
NOT_OF_NODES = (
    "This is the operator's token, which no node should have: an agent reports with that of "
    "FLEET_NODE_TOKEN_FILE."
)
OPEN = (*OPEN_TO_ALL, "ready", "metrics")
QUIET = ("live", "ready", "metrics", REPORT)  # every few seconds, from everybody
# The rule, the verb, and the view, which is the operation's name in the description too.
RULES = (
    ("/nodes", "GET", "list_nodes"),
    ("/nodes/<node>", "PUT", REPORT),
    ("/nodes/<node>", "DELETE", "forget"),
    (f"/nodes/<node>/<any({', '.join(Do)}):do>", "POST", "order"),
    ("/models", "GET", "list_models"),
    ("/models/<model>/<version>", "DELETE", "delete"),
    ("/models/<model>/rejected/<content>", "PUT", "reject"),
    ("/channels", "GET", "list_channels"),
    ("/channels/<model>/<channel>", "PUT", "set_channel"),
    ("/audit", "GET", "list_audit"),
    ("/audit/<key>", "GET", "operation"),
    ("/health/live", "GET", "live"),
    ("/health/ready", "GET", "ready"),
    ("/metrics", "GET", "metrics"),
    ("/openapi.yaml", "GET", "openapi"),
)
STATUS: Statuses = (
    (OtherNodeError, 403),
    (MissingError, 404),
    (BadInputError, 422),
    (StoreError, 503),
    (DamagedError, 503),
    (DatabaseError, 503),
)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What nodes have, and what a person: who has taken a node over can tell of it, and change nothing."""

    nodes: NodeTokens = field(repr=False)
    operator: str = field(repr=False)


def build(master: Master, tokens: Tokens, clock: Callable[[], float] = time.monotonic) -> Flask:
    """Return the application of a master that is started when it answers; wrong tokens wait by `clock`."""
    app = GuardedApp("master", MAX_BODY)
    metrics = MasterMetrics(master)
    read, change = ReadViews(master, metrics), ChangeViews(master, metrics, tokens.nodes)
    own = {"live": live, "openapi": lambda: description(OPENAPI)}
    for rule, method, name in RULES:
        view = own.get(name) or getattr(read, name, None) or getattr(change, name)
        app.add_url_rule(rule, name, view, methods=[method], provide_automatic_options=False)
    register_problems(app, STATUS, "a report of an agent has far fewer")
    operator = Access(tokens.operator, clock, ASKS, [(tokens.nodes.knows, ONLY_REPORTS)])
    # An agent goes on with a withdrawn token: were that a guess, others behind the same address would wait.
    refused = [(exactly(tokens.operator), NOT_OF_NODES), (tokens.nodes.has_withdrawn, NOT_ANY_MORE)]
    node = Access(tokens.nodes.knows, clock, ASKS_NODE, refused)
    guard(app, operator, OPEN, QUIET, {REPORT: node})
    return app
