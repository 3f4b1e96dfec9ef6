"""What is told to the master: reports of agents, and operations, each under a name of its caller's."""

from flask import Response, jsonify, request

from app.problems import problem
from auto_deployment.fleet.errors import OtherNodeError
from auto_deployment.fleet.master.audit import Asked, Operation, Plain
from auto_deployment.fleet.master.http.bodies import (
    LONGEST_REASON,
    ChannelBody,
    OrderBody,
    RejectBody,
    caller,
    needed_key,
)
from auto_deployment.fleet.master.master import Master
from auto_deployment.fleet.master.metrics import MasterMetrics
from auto_deployment.fleet.master.node_operations import AskNodes, Forget
from auto_deployment.fleet.master.node_tokens import NodeTokens
from auto_deployment.fleet.master.report import Report, Told
from auto_deployment.fleet.master.store_operations import Delete, Reject, SetChannel
from auto_deployment.fleet.names import node_name
from auto_deployment.fleet.orders import Do
from auto_deployment.host.codec import to_plain
from auto_deployment.web.access import bearer, digest_of
from auto_deployment.web.bodies import read_body, read_query

AGAIN = "Idempotency-Replayed"


class ChangeViews:
    """One method for each address and verb."""

    def __init__(self, master: Master, metrics: MasterMetrics, tokens: NodeTokens) -> None:
        self._master, self._metrics, self._tokens = master, metrics, tokens

    def report(self, node: str) -> Response:
        """Take a report and answer with what the node is asked to do."""
        read_query()
        if refused := self._tokens.refusal(
            node, digest_of(bearer(request.headers.get("Authorization")) or "")
        ):
            raise OtherNodeError(refused)
        found = read_body(Report, closed=False)  # of an agent that is newer than we are, too
        found.check()
        orders = self._master.nodes.take(node_name(node), found)
        return jsonify(to_plain(Told(orders)))

    def order(self, node: str, do: str) -> Response:
        read_query()
        body, key, master = read_body(OrderBody), needed_key(), self._master
        words = (master.nodes, master.shelf, node, Do(do), key, master.now().timestamp())
        operation = AskNodes(*words, body.model, body.channel, body.version)
        return self._run(key, {"do": do, "node": node, **to_plain(body)}, operation)

    def forget(self, node: str) -> Response:
        read_query()
        operation = Forget(self._master.nodes, node)
        return self._run(needed_key(), {"do": "forget", "node": node}, operation)

    def set_channel(self, model: str, channel: str) -> Response:
        read_query()
        body, master = read_body(ChannelBody), self._master
        operation = SetChannel(master.shelf, model, channel, body.version, body.expected, master.now())
        what = {"do": "set", "model": model, "channel": channel, **to_plain(body)}
        return self._run(needed_key(), what, operation)

    def delete(self, model: str, version: str) -> Response:
        read_query()
        master = self._master
        operation = Delete(master.shelf, master.nodes, model, version, master.now(), master.champion)
        return self._run(needed_key(), {"do": "delete", "model": model, "version": version}, operation)

    def reject(self, model: str, content: str) -> Response:
        read_query()
        reason = read_body(RejectBody).reason[:LONGEST_REASON]
        operation = Reject(self._master.shelf, model, content, reason, caller(), self._master.now())
        what = {"do": "reject", "model": model, "content": content, "reason": reason}
        return self._run(needed_key(), what, operation)

    def _run(self, key: str, what: Plain, operation: Operation) -> Response:
        asked = Asked(key, caller(), request.remote_addr or "", what)
        answer = self._master.audit.run(asked, operation)
        self._metrics.count(str(what["do"]), answer.status)
        if answer.status == 200:
            response = jsonify(answer.body)
        else:
            also = {name: value for name, value in answer.body.items() if name != "detail"}
            response = problem(answer.status, str(answer.body["detail"]), also)
        if answer.is_again:
            response.headers[AGAIN] = "true"
        return response
