"""The list that NGINX itself answers with, asked from a serving instance."""

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from werkzeug.serving import BaseWSGIServer, make_server

from app import create_app
from app.config import Settings
from auto_deployment.cli import main
from auto_deployment.commands.static_list import step
from auto_deployment.edge.static_list import NoListError, Popular, ask, ask_any, write
from tests.support.models import write_model
from tests.support.ports import free_ports

VERSION = "20261101T0000-00000000"
NAME = f"{VERSION}/{VERSION}-abc"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An instance that serves a generated model."""
    model = tmp_path_factory.mktemp("models") / VERSION
    write_model(model, version=VERSION)
    app = create_app(Settings(model_dir=model, code_revision="abc"))
    server: BaseWSGIServer = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def nobody() -> str:
    return f"127.0.0.1:{free_ports(1)[0]}"


def popular(release: str, *ids: str) -> Popular:
    return Popular(release.partition("-")[0], release, tuple({"movie_id": one} for one in ids))


def test_the_list_is_the_instance_s_own_in_both_forms(address: str, tmp_path: Path) -> None:
    assert main(["static-list", f"--from={address}", f"--folder={tmp_path}", "--once"]) == 0
    assert str((tmp_path / "current").readlink()) == NAME
    document = json.loads((tmp_path / "current" / "popular.json").read_text("utf-8"))
    ids = [item["movie_id"] for item in document["items"]]
    assert (tmp_path / "current" / "popular.txt").read_text("utf-8") == ",".join(ids)
    assert len(set(ids)) == 20
    assert (document["track"], document["source"], document["release"]) == (
        "static",
        "static",
        f"{VERSION}-abc",
    )


def test_an_instance_that_is_gone_is_passed_over(address: str, nobody: str) -> None:
    assert ask_any([nobody, address]) == ask(address)


def test_without_any_instance_the_list_stays_and_the_reason_is_said(nobody: str, tmp_path: Path) -> None:
    assert not step([nobody], tmp_path)
    write(popular("1-a", "x"), tmp_path)
    assert step([nobody], tmp_path)
    assert (tmp_path / "current" / "popular.txt").read_text("utf-8") == "x"
    with pytest.raises(NoListError, match=f"{nobody} does not answer"):
        ask_any([nobody, nobody])


def test_once_without_any_instance_fails(nobody: str, tmp_path: Path) -> None:
    assert main(["static-list", f"--from={nobody}", f"--folder={tmp_path}", "--once"]) == 1
    assert not list(tmp_path.iterdir())


def test_another_release_takes_the_place_of_the_list_and_the_same_one_does_not(tmp_path: Path) -> None:
    assert write(popular("1-a", "x"), tmp_path)
    assert not write(popular("1-a", "y"), tmp_path)
    assert write(popular("2-a", "z"), tmp_path)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["2", "current"]
    assert (tmp_path / "current" / "popular.txt").read_text("utf-8") == "z"


def test_a_list_that_was_half_written_is_written_again(tmp_path: Path) -> None:
    write(popular("1-a", "x"), tmp_path)
    (tmp_path / "1" / "1-a" / "popular.json").unlink()
    assert write(popular("1-a", "x"), tmp_path)
