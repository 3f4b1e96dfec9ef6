"""Several models in one service over HTTP: each by its name, and each by itself."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st

from app import background, create_app
from app.artifact import ArtifactError
from app.config import Settings
from app.factory import ServiceParts, instance_of
from app.impressions.log import ImpressionLog
from app.rpc.parts import build
from tests.app.test_artifact import flip_byte
from tests.app.test_hot_route import HEADERS, QUERIES, USERS, answer
from tests.app.test_metrics import series
from tests.support.models import Size, write_model
from tests.support.server import serving, stop
from tests.support.waiting import eventually

NAMES = ("films", "shows")


class Folder:
    """Two models and the list of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for seed, name in enumerate(NAMES, 1):
            write_model(root / "made" / name, Size(), version=f"{name}-1", seed=seed)
            shutil.copytree(root / "made" / name, root / name)
        listed = [{"name": name, "folder": name} for name in NAMES]
        (root / "models.json").write_text(json.dumps(listed), "utf-8")
        self.environ = {"MODELS": str(root / "models.json"), "MODEL_DIR": "/model"}

    @property
    def settings(self) -> Settings:
        return Settings.from_env(self.environ)

    def damage(self, name: str) -> None:
        flip_byte(self.root / name / "top_items.npy", 200)

    def repair(self, name: str) -> None:
        shutil.copytree(self.root / "made" / name, self.root / name, dirs_exist_ok=True)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def client(folder: Folder) -> FlaskClient:
    return create_app(folder.settings).test_client()


def parts_of(client: FlaskClient) -> ServiceParts:
    return instance_of(client.application)


def version(client: FlaskClient, address: str) -> str:
    found = client.get(address)
    assert found.status_code == 200
    return found.headers["X-Model-Version"]


def test_each_answers_by_its_name_and_the_first_without_one(client: FlaskClient) -> None:
    for route in ("recommend/7", "popular", "similar/film+3+1953", "version"):
        assert version(client, f"/{route}") == version(client, f"/models/films/{route}") == "films-1"
        assert version(client, f"/models/shows/{route}") == "shows-1"
    lists = {client.get(f"/models/{name}/recommend/7").text for name in NAMES}
    assert len(lists) == 2
    assert client.get("/models/shows/version").get_json()["model_version"] == "shows-1"
    assert client.get("/models").get_json() == {
        "models": [{"name": name, "model_version": f"{name}-1", "ready": True} for name in NAMES]
    }


def test_a_model_that_there_is_not_is_a_404_with_one_sentence(client: FlaskClient) -> None:
    for route in ("recommend/7", "popular", "similar/film+3+1953", "version"):
        found = client.get(f"/models/x/{route}")
        assert (found.status_code, found.content_type) == (404, "application/problem+json")
        assert found.get_json()["detail"] == "There is no model 'x' here, only films, shows."


@pytest.fixture(scope="module")
def both(model_dir: Path) -> tuple[FlaskClient, FlaskClient]:
    """A service of one model, as most have it, and one where the same is the first of two."""
    alone = Settings(model_dir=model_dir, model_name="films")
    first = Settings(model_dir=model_dir, models=(("films", model_dir), ("shows", model_dir)))
    return create_app(alone).test_client(), create_app(first).test_client()


@tried(max_examples=100, deadline=None)
@given(method=st.sampled_from(["GET", "GET", "HEAD", "POST"]), user=USERS, query=QUERIES, headers=HEADERS)
def test_addresses_with_and_without_a_name_answer_the_same_to_the_byte(
    both: tuple[FlaskClient, FlaskClient], method: str, user: str, query: str, headers: Mapping[str, str]
) -> None:
    alone, first = both
    asked = answer(alone, method, f"/recommend/{user}{query}", headers)
    assert answer(first, method, f"/recommend/{user}{query}", headers) == asked
    if "/" not in user:  # else it is another address, with another sentence
        assert answer(first, method, f"/models/films/recommend/{user}{query}", headers) == asked


def test_series_name_the_model_and_only_those_that_are_set(client: FlaskClient) -> None:
    before = set(series(client))
    for _ in range(3):
        client.get("/models/shows/recommend/7")
        client.get("/models/invented/recommend/7")
    client.get("/recommend/7")
    after = series(client)
    counted = "marquee_recommendations_total{{model={},source=personal,track=stable}}"
    assert [after[counted.format(name)] for name in NAMES] == [1, 3]
    assert [after[f"marquee_model_present{{model={name},track=stable}}"] for name in NAMES] == [1, 1]
    assert "invented" not in "".join(after)
    assert set(after) == before
    labels = "code_revision=unknown,model=shows,model_version=shows-1,release=shows-1-unknown,track=stable"
    assert after[f"marquee_model_info{{{labels}}}"] == 1


@pytest.mark.parametrize(("broken", "whole"), [NAMES, NAMES[::-1]])
def test_a_broken_model_is_missing_and_the_other_answers(folder: Folder, broken: str, whole: str) -> None:
    folder.damage(broken)
    client = create_app(folder.settings).test_client()
    assert version(client, f"/models/{whole}/recommend/7") == f"{whole}-1"
    addresses = [f"/models/{broken}/recommend/7", f"/models/{broken}/version"]
    if broken == "films":
        addresses += ["/recommend/7", "/recommend/7?n=3", "/popular", "/tracks/stable"]
    for address in addresses:
        found = client.get(address)
        assert (found.status_code, found.content_type) == (503, "application/problem+json")
        sentence = f"The model '{broken}' cannot be used just now; the reason is in the service's log."
        assert found.get_json()["detail"] == sentence
        assert "X-Model-Version" not in found.headers
    assert [one["ready"] for one in client.get("/models").get_json()["models"]] == [
        name == whole for name in NAMES
    ]
    assert client.get("/health/ready").status_code == 200
    assert series(client)[f"marquee_model_present{{model={broken},track=stable}}"] == 0

    folder.repair(broken)
    background.look(parts_of(client))
    assert version(client, f"/models/{broken}/recommend/7") == f"{broken}-1"
    assert series(client)[f"marquee_model_present{{model={broken},track=stable}}"] == 1
    assert series(client)[f"marquee_model_loads_total{{model={broken},outcome=loaded,track=stable}}"] == 1


def test_a_new_model_that_is_broken_leaves_the_old_one_and_the_other(
    folder: Folder, client: FlaskClient
) -> None:
    folder.damage("shows")
    background.look(parts_of(client))
    assert version(client, "/models/shows/recommend/7") == "shows-1"
    assert version(client, "/recommend/7") == "films-1"
    refused = "marquee_model_loads_total{{model={},outcome=refused,track=stable}}"
    assert [series(client)[refused.format(name)] for name in NAMES] == [0, 1]


def test_each_is_followed_by_itself(folder: Folder, client: FlaskClient) -> None:
    shutil.rmtree(folder.root / "shows")
    write_model(folder.root / "shows", Size(), version="shows-2", seed=3)
    background.look(parts_of(client))
    assert version(client, "/models/shows/popular") == "shows-2"
    assert version(client, "/popular") == "films-1"


def test_without_any_model_a_start_is_refused_by_both_doors(folder: Folder) -> None:
    for name in NAMES:
        folder.damage(name)
    with pytest.raises(ArtifactError, match=r"films/top_items\.npy"):
        create_app(folder.settings)
    with pytest.raises(ArtifactError, match=r"films/top_items\.npy"):
        build(folder.settings)


def test_what_is_shown_is_noted_with_the_model_that_was_named(folder: Folder, tmp_path: Path) -> None:
    environ = {**folder.environ, "IMPRESSIONS": "log", "IMPRESSIONS_DIR": str(tmp_path / "shown")}
    client = create_app(Settings.from_env(environ)).test_client()
    for address in ("/recommend/7", "/models/shows/recommend/8", "/models/x/recommend/9"):
        client.get(address)
    log = parts_of(client).impressions
    assert isinstance(log, ImpressionLog)
    log.write()
    lines = [
        json.loads(line)
        for path in (tmp_path / "shown").iterdir()
        for line in path.read_text("utf-8").splitlines()
    ]
    assert [(line["user"], line["model_version"]) for line in lines] == [("7", "films-1"), ("8", "shows-1")]


@pytest.fixture
def started(folder: Folder, tmp_path: Path) -> Iterator[str]:
    folder.damage("films")
    environ = {**folder.environ, "MODEL_POLL_S": "0.05"}
    with serving(tmp_path / "log", environ) as server:
        yield server.url
        stop(server)
        assert "Traceback" not in server.log_text()


def test_workers_bring_a_missing_model_as_soon_as_its_files_are_right(folder: Folder, started: str) -> None:
    def statuses(route: str) -> set[int]:
        return {requests.get(f"{started}/{route}", timeout=10).status_code for _ in range(12)}

    assert statuses("recommend/7") == {503}
    assert statuses("models/shows/recommend/7") == {200}
    assert statuses("x" * 20_000) == {414}  # what Gunicorn refuses has no model to name either
    folder.repair("films")
    eventually(lambda: statuses("recommend/7") == {200})
