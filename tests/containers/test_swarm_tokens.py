"""What deploy.sh makes of a folder with a token for each node."""

from pathlib import Path

import pytest

from tests.support.deploying import deploying

NAMED = ("MARQUEE_NODE_TOKEN=", "MARQUEE_NODE_TOKENS=", "MARQUEE_CONFIGS=")
FIRST, SECOND = "a" * 64, "b" * 64


def own(folder: Path, **environ: str) -> dict[str, str]:
    """Return the environment of a deployment with two nodes' tokens."""
    (folder / "tokens").mkdir()
    (folder / "tokens" / "node-1").write_text(f"{FIRST}\n", "utf-8")
    (folder / "tokens" / "node-2").write_text(f"{SECOND}\n", "utf-8")
    (folder / "hashes").write_text("# hashes\n", "utf-8")
    files = {"DIR": str(folder / "tokens"), "FILE": "", "S_FILE": str(folder / "hashes")}
    return {**{f"FLEET_NODE_TOKEN_{name}".replace("_S_", "S_"): at for name, at in files.items()}, **environ}


def test_one_secret_has_the_token_of_each_node_and_one_of_nobody_for_others(tmp_path: Path) -> None:
    done = deploying(tmp_path, **own(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    secret, *environ = (tmp_path / "seen").read_text("utf-8").splitlines()
    assert secret == (
        f'{{{{if eq .Node.ID "id-of-node-1"}}}}{FIRST}{{{{else if eq .Node.ID "id-of-node-2"}}}}{SECOND}'
        "{{else}}{{.Node.ID}}-has-no-token-of-its-own{{end}}"
    )
    assert "MARQUEE_SHARED_TOKEN_AT=" in environ  # or the master would take its own node's as that of all
    assert not [one for one in environ if one.startswith("FLEET_NODE_TOKEN_FILE=")]
    (held,) = [one.partition("=")[2] for one in environ if one.startswith("MARQUEE_NODE_TOKEN_FILE=")]
    assert not Path(held).exists()


def names(tmp_path: Path) -> dict[str, str]:
    """Return what the names of secrets and configs end with."""
    lines = (tmp_path / "seen").read_text("utf-8").splitlines()
    return dict(one.split("=", 1) for one in lines if one.startswith(NAMED))


def test_another_token_is_another_secret_and_another_hash_replaces_the_master_alone(tmp_path: Path) -> None:
    environ = own(tmp_path)
    deploying(tmp_path, **environ)
    first = names(tmp_path)
    (tmp_path / "tokens" / "node-2").write_text("c" * 64, "utf-8")
    deploying(tmp_path, **environ)
    second = names(tmp_path)
    assert {name for name in first if first[name] != second[name]} == {"MARQUEE_NODE_TOKEN"}
    (tmp_path / "hashes").write_text("# others\n", "utf-8")
    deploying(tmp_path, **environ)
    third = names(tmp_path)
    assert {name for name in first if third[name] != second[name]} == {"MARQUEE_NODE_TOKENS"}


def test_a_token_for_all_has_the_version_that_a_person_gives_it(tmp_path: Path) -> None:
    deploying(tmp_path, FLEET_TOKENS_VERSION="7")
    assert names(tmp_path)["MARQUEE_NODE_TOKEN"] == "7"


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"FLEET_NODE_TOKEN_FILE": "one"}, "FLEET_NODE_TOKEN_DIR and FLEET_NODE_TOKEN_FILE are set: "),
        ({"FLEET_NODE_TOKENS_FILE": ""}, "FLEET_NODE_TOKENS_FILE is not set: it has the hashes"),
        ({"FLEET_NODE_TOKEN_DIR": "/nowhere"}, "/nowhere/* is no token of a node: "),
    ],
    ids=["both", "no hashes", "no folder"],
)
def test_tokens_that_cannot_be_deployed_are_refused(
    tmp_path: Path, environ: dict[str, str], sentence: str
) -> None:
    refused = deploying(tmp_path, **own(tmp_path, **environ))
    assert (refused.returncode, sentence in refused.stderr) == (1, True)
    assert not (tmp_path / "seen").exists()


def test_a_token_of_no_node_is_refused(tmp_path: Path) -> None:
    environ = own(tmp_path)
    (tmp_path / "tokens" / "gone").write_text(SECOND, "utf-8")
    refused = deploying(tmp_path, **environ)
    assert (refused.returncode, "tokens/gone is of no node of this Swarm: " in refused.stderr) == (1, True)


@pytest.mark.parametrize("token", ["short", "two lines\nof a token", '"}}{{secret "x"}}' + "a" * 16])
def test_what_is_no_token_is_refused_without_being_shown(tmp_path: Path, token: str) -> None:
    environ = own(tmp_path)
    (tmp_path / "tokens" / "node-2").write_text(token, "utf-8")
    refused = deploying(tmp_path, **environ)
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
    assert "tokens/node-2 is no token of a node" in refused.stderr
    assert token not in refused.stderr
