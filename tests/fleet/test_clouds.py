"""A store at Google's or Azure's, by what is asked of their clients; `tests/cluster` asks the real ones."""

import sys
from pathlib import Path
from types import SimpleNamespace

import fsspec
import pytest

from auto_deployment.errors import BadInputError
from auto_deployment.fleet.errors import ChangedError, StoreError
from auto_deployment.fleet.remote import RemoteFiles
from auto_deployment.fleet.store import ModelStore
from tests.support.fake_clouds import BUCKET, PRECONDITION, FakeAzure, FakeCloud, FakeGoogle
from tests.support.fleet import NOW, V1, V2, model
from tests.support.store_stories import StoreStories

CLOUDS = {"gs": FakeGoogle, "az": FakeAzure}
ROOT = f"{BUCKET}/some/where"


@pytest.fixture(params=sorted(CLOUDS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def cloud(kind: str, monkeypatch: pytest.MonkeyPatch) -> FakeCloud:
    made = CLOUDS[kind]()
    monkeypatch.setattr(fsspec, "url_to_fs", lambda address, **options: (made, ROOT))
    conditions = SimpleNamespace(MatchConditions=SimpleNamespace(IfNotModified=PRECONDITION))
    monkeypatch.setitem(sys.modules, "azure.core", conditions)
    return made


@pytest.fixture
def store(kind: str, cloud: FakeCloud) -> ModelStore:
    return ModelStore(RemoteFiles(f"{kind}://{ROOT}"), "films")


class TestClouds(StoreStories):
    """What holds of every store."""


def test_a_change_whose_answer_was_lost_has_succeeded(store: ModelStore, cloud: FakeCloud) -> None:
    store.files.write("x.json", b"another")
    cloud.loses_answers = True
    _, tag = store.files.read_tagged("x.json")
    store.files.swap("x.json", b"the third", tag)
    assert store.files.read("x.json") == b"the third"


def test_a_change_between_asking_for_the_tag_and_for_the_content_is_not_overwritten(
    store: ModelStore, cloud: FakeCloud, tmp_path: Path
) -> None:
    for version in (V1, V2):
        store.publish(model(tmp_path, version))
    store.move({"stable": V1}, NOW)
    place = f"{ROOT}/{store.path('channels.json')}"
    newer = cloud.files[place][0].replace(V1.encode(), V2.encode())
    cloud.once_asked = lambda: cloud.store(place, newer)
    seen = store.channels()
    with pytest.raises(ChangedError):
        store.move({"canary": V1}, NOW, seen)
    assert store.channels().channels.wanted == {"stable": V2}


def test_a_store_that_does_not_say_what_a_file_is_changes_nothing(
    store: ModelStore, cloud: FakeCloud, tmp_path: Path
) -> None:
    store.publish(model(tmp_path, V1))
    store.move({"stable": V1}, NOW)
    before = dict(cloud.files)
    cloud.tag = "something else"
    with pytest.raises(StoreError, match="of two changes at once one would be lost"):
        store.move({"canary": V1}, NOW)
    assert cloud.files == before


@pytest.mark.parametrize("kind", ["gs"], indirect=True)
def test_a_bucket_that_is_not_there_is_said(store: ModelStore, cloud: FakeCloud) -> None:
    cloud.has_bucket = False
    for ask in (
        store.channels,
        lambda: store.files.swap("x", b"", None),
        lambda: store.files.write("x", b""),
    ):
        with pytest.raises(StoreError, match="is not there"):
            ask()


def test_a_client_that_is_not_installed_is_named(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    package = {"gs": "gcsfs", "az": "adlfs"}[kind]
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(StoreError, match=f"{kind}:// needs {package}: pip install {package}"):
        RemoteFiles(f"{kind}://{ROOT}")


def test_an_account_that_nothing_names_is_one_sentence(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(address: str, **options: object) -> None:
        raise ValueError("unable to connect to account for Must provide either a connection_string\nor so!")

    monkeypatch.setattr(fsspec, "url_to_fs", refuse)
    with pytest.raises(StoreError, match=r"cannot be used .*check the credentials") as refusal:
        RemoteFiles(f"{kind}://{ROOT}")
    assert "\n" not in str(refusal.value)
    assert not isinstance(refusal.value, BadInputError)
