"""A token for each node: of one node nobody reports as another, and one that is revoked is good no more."""

import os
from pathlib import Path

import pytest

from auto_deployment.errors import BadInputError
from auto_deployment.fleet.master.http import Tokens, build
from auto_deployment.fleet.master.http.factory import ASKS_NODE, ONLY_REPORTS
from auto_deployment.fleet.master.node_tokens import NOT_ANY_MORE, NodeTokens, line_of, read, withdrawing
from tests.support.commands import said_by
from tests.support.master import NODE_TOKEN, TOKEN, Fleet, report

FIRST, SECOND = "the token of the first node", "the token of the second node"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "node-tokens"
    path.write_text(f"# of people\n\n{line_of('node-1', FIRST)}\n{line_of('node-2', SECOND)}\n", "utf-8")
    return path


def serve(fleet: Fleet, file: Path, shared: str | None = None) -> None:
    fleet.app = build(fleet.master, Tokens(NodeTokens(shared, file), TOKEN))
    fleet.client = fleet.app.test_client()


def status(fleet: Fleet, token: str, node: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return fleet.ask("PUT", f"/nodes/{node}", report(), headers=headers).status_code


def test_a_node_reports_with_its_own_token_and_as_nobody_else(fleet: Fleet, file: Path) -> None:
    serve(fleet, file)
    assert [status(fleet, FIRST, "node-1"), status(fleet, SECOND, "node-2")] == [200, 200]
    sentence = "This is the token of node-1: with it nobody reports as node-2."
    headers = {"Authorization": f"Bearer {FIRST}"}
    assert fleet.said("PUT", "/nodes/node-2", report(), headers=headers) == (403, sentence)
    assert status(fleet, FIRST, "node-3") == 403
    assert [one["node"] for one in fleet.json("GET", "/nodes")["nodes"]] == ["node-1", "node-2"]


def test_another_node_s_token_is_no_guess_and_one_that_nobody_has_is(fleet: Fleet, file: Path) -> None:
    serve(fleet, file)
    assert [status(fleet, FIRST, "node-2") for _ in range(9)] == [403] * 9
    assert status(fleet, FIRST, "node-1") == 200
    assert [status(fleet, NODE_TOKEN, "node-1") for _ in range(6)] == [401] * 5 + [429]


def test_with_any_node_s_token_nothing_else_can_be_done(fleet: Fleet, file: Path) -> None:
    serve(fleet, file)
    for address in ("GET /nodes", "POST /nodes/node-1/prune", "DELETE /models/films/1"):
        method, path = address.split()
        headers = {"Authorization": f"Bearer {FIRST}"}
        assert fleet.said(method, path, headers=headers) == (403, ONLY_REPORTS)


def test_a_shared_token_is_good_for_nodes_without_one_of_their_own(fleet: Fleet, file: Path) -> None:
    serve(fleet, file, NODE_TOKEN)
    assert [status(fleet, NODE_TOKEN, "node-3"), status(fleet, FIRST, "node-1")] == [200, 200]
    headers = {"Authorization": f"Bearer {NODE_TOKEN}"}
    code, sentence = fleet.said("PUT", "/nodes/node-1", report(), headers=headers)
    assert (code, "has a token of its own" in sentence) == (403, True)


def test_a_node_s_own_token_that_is_also_named_as_shared_is_its_own(fleet: Fleet, file: Path) -> None:
    serve(fleet, file, FIRST)  # on the master's host both may be the same variable
    assert [status(fleet, FIRST, one) for one in ("node-1", "node-2", "node-3")] == [200, 403, 403]


def test_a_token_that_is_revoked_is_good_no_more_without_a_restart(fleet: Fleet, file: Path) -> None:
    serve(fleet, file)
    assert status(fleet, FIRST, "node-1") == 200
    file.write_text(withdrawing(file.read_text("utf-8"), "node-1"), "utf-8")
    assert [status(fleet, FIRST, "node-1"), status(fleet, SECOND, "node-2")] == [403, 200]
    assert fleet.said("PUT", "/nodes/node-1", report(), headers={"Authorization": "Bearer x"})[1] == ASKS_NODE


def test_a_token_that_is_withdrawn_is_good_for_nobody_though_it_be_named_as_shared(
    fleet: Fleet, file: Path
) -> None:
    file.write_text(withdrawing(file.read_text("utf-8"), "node-1"), "utf-8")
    serve(fleet, file, FIRST)  # as on the master's host, whose own node has it
    assert [status(fleet, FIRST, one) for one in ("node-1", "node-2", "node-3")] == [403] * 3
    assert fleet.said("PUT", "/nodes/node-1", report(), headers={"Authorization": f"Bearer {FIRST}"}) == (
        *(403, NOT_ANY_MORE),
    )
    # Its agent goes on: behind a server with TLS all nodes have one address, and none has to wait for that.
    assert [status(fleet, FIRST, "node-1") for _ in range(20)] == [403] * 20
    assert status(fleet, SECOND, "node-2") == 200


def test_a_node_whose_token_is_withdrawn_reports_with_no_shared_one(fleet: Fleet, file: Path) -> None:
    file.write_text(withdrawing(file.read_text("utf-8"), "node-1"), "utf-8")
    serve(fleet, file, NODE_TOKEN)
    headers = {"Authorization": f"Bearer {NODE_TOKEN}"}
    code, sentence = fleet.said("PUT", "/nodes/node-1", report(), headers=headers)
    assert (code, "The token of node-1 was withdrawn" in sentence) == (403, True)
    assert status(fleet, NODE_TOKEN, "node-3") == 200


@pytest.mark.parametrize("how", ["broken", "gone"])
def test_a_file_that_cannot_be_read_any_more_changes_nothing_and_is_logged(
    fleet: Fleet, file: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    serve(fleet, file)
    text = file.read_text("utf-8")
    if how == "gone":
        file.unlink()
    else:
        file.write_text("node-1 a token in clear\n", "utf-8")
    assert [status(fleet, FIRST, "node-1") for _ in range(3)] == [200] * 3
    (said,) = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
    assert "Nodes report with the tokens that were good before." in said
    assert "a token in clear" not in said
    file.write_text(withdrawing(text, "node-1"), "utf-8")
    assert status(fleet, FIRST, "node-1") == 403


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("node-1", "Line 2 of .* is not NODE, a space, and the SHA-256"),
        ("node-1 short", "Line 2 of .* is not NODE"),
        ("node-1 " + "A" * 64, "Line 2 of .* is not NODE"),
        ("node-1 " + "0" * 65, "Line 2 of .* is not NODE"),
        ("node-1 " + "0" * 64 + " gone", "Line 2 of .* is not NODE"),
        ("all " + "0" * 64, "A node cannot be named all"),
        ("no/de " + "0" * 64, "is no name of a node"),
        ("node-2 " + line_of("node-1", FIRST).split()[1], "Line 2 of .* has the token of node-1 once more"),
        ("n\x00 " + "0" * 64, "is no name of a node"),
    ],
)
def test_what_is_no_line_is_refused_by_its_number(tmp_path: Path, line: str, sentence: str) -> None:
    file = tmp_path / "node-tokens"
    file.write_text(f"{line_of('node-1', FIRST)}\n{line}\n", "utf-8")
    with pytest.raises(BadInputError, match=sentence):
        NodeTokens(None, file)


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_is_missing_or_no_text_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "node-tokens").write_bytes(content)
    with pytest.raises(BadInputError, match=r"cannot be read .*`marquee fleet token NODE` makes it"):
        read(tmp_path / "node-tokens")


def test_the_command_keeps_the_hash_alone_and_revokes_it(tmp_path: Path) -> None:
    file = tmp_path / "node-tokens"
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "FLEET_NODE_TOKENS_FILE": str(file)}

    def said(*words: str) -> str:
        return said_by(environ, "fleet", "token", *words).strip()

    first, other = said("node-1"), said("node-2")
    text = file.read_text("utf-8")
    assert (len(first), first in text, other in text) == (64, False, False)
    assert text == f"{line_of('node-1', first)}\n{line_of('node-2', other)}\n"
    second = said("node-1", "--beside")
    assert {line_of("node-1", one) for one in (first, second)} < set(file.read_text("utf-8").splitlines())
    third = said("node-1")
    before = [f"{line_of('node-1', one)} withdrawn" for one in (first, second)]
    assert file.read_text("utf-8").splitlines() == [
        *(before[0], line_of("node-2", other), before[1]),
        line_of("node-1", third),
    ]
    assert said("node-1", "--revoke") == "node-1 has no token of its own any more"
    assert said("node-1", "--revoke") == "node-1 had no token of its own"
    assert read(file).good == {line_of("node-2", other).split()[1]: "node-2"}
    assert "A node cannot be named all" in said("all")
    del environ["FLEET_NODE_TOKENS_FILE"]
    assert "FLEET_NODE_TOKENS_FILE is not set" in said("node-1")
