"""A new model takes the place of the old one, or is refused and changes nothing."""

import logging
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient

from app import background, create_app
from app.artifact import ArtifactError, save
from app.config import Settings
from app.factory import ServiceParts, instance_of
from app.models.named import Models as Named
from app.recommender import Answer, Recommender
from app.serving import LOADED, REFUSED, ModelSlot, fingerprint, self_test
from tests.support.models import Size, in_use, make_arrays, make_details, make_movies, write_model


class Models:
    """A folder of models and the link that says which one is current."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.current = root / "current"

    def add(self, version: str, seed: int = 1) -> Path:
        write_model(self.root / version, Size(), version=version, seed=seed)
        return self.root / version

    def use(self, version: str) -> None:
        link = self.root / ".next"
        link.symlink_to(version)
        link.rename(self.current)


@pytest.fixture
def models(tmp_path: Path) -> Models:
    models = Models(tmp_path)
    models.add("v1")
    models.use("v1")
    return models


@pytest.fixture
def slot(models: Models) -> ModelSlot:
    return ModelSlot(Settings(model_dir=models.current))


def version(slot: ModelSlot) -> str:
    return in_use(slot).recommender.model.version


def test_nothing_happens_while_nothing_changes(slot: ModelSlot) -> None:
    before = slot.current
    assert slot.refresh() is None
    assert slot.current is before


def test_a_swapped_link_brings_the_new_model_with_its_names(models: Models, slot: ModelSlot) -> None:
    models.add("v2", seed=2)
    models.use("v2")
    assert slot.refresh() == LOADED
    assert version(slot) == "v2"
    assert dict(in_use(slot).headers)["X-Release"] == "v2-unknown"
    assert slot.refresh() is None


def test_a_folder_that_is_replaced_is_noticed_too(tmp_path: Path) -> None:
    models = Models(tmp_path)
    folder = models.add("v1")
    slot = ModelSlot(Settings(model_dir=folder))
    models.add("v2", seed=2)
    folder.rename(tmp_path / "old")
    (tmp_path / "v2").rename(folder)
    assert slot.refresh() == LOADED
    assert version(slot) == "v2"


def test_a_damaged_model_is_refused_once_with_a_sentence_and_nothing_changes(
    models: Models, slot: ModelSlot, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = models.add("v2", seed=2) / "top_items.npy"
    content = bytearray(damaged.read_bytes())
    content[-1] ^= 1
    damaged.write_bytes(content)
    models.use("v2")
    before = slot.current
    assert slot.refresh() == REFUSED
    assert [slot.refresh() for _ in range(3)] == [None, None, None]
    assert slot.current is before
    messages = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert messages == [
        f"New model refused, v1 stays in use: {damaged} does not have the SHA-256 of its manifest: "
        "the file is damaged."
    ]


def test_a_refused_model_is_tried_again_when_it_is_repaired(models: Models, slot: ModelSlot) -> None:
    folder = models.add("v2", seed=2)
    (folder / "movies.json").rename(folder / "elsewhere")
    models.use("v2")
    assert slot.refresh() == REFUSED
    (folder / "elsewhere").rename(folder / "movies.json")
    assert slot.refresh() == LOADED
    assert version(slot) == "v2"


def test_a_model_that_vanishes_is_refused_and_stays_in_use(models: Models, slot: ModelSlot) -> None:
    shutil.rmtree(models.root / "v1")
    assert slot.refresh() == REFUSED
    assert slot.refresh() is None
    assert len(in_use(slot).recommender.recommend(7).rows) == 20


def test_a_model_that_fails_its_self_test_is_refused(models: Models) -> None:
    write_model(models.root / "v2", Size(list_length=100, stored=1), version="v2")
    model = Recommender(in_use(ModelSlot(Settings(model_dir=models.root / "v2"))).recommender.model)
    assert self_test(model) is None
    wrong = {**model.model.arrays, "top_items": model.model.arrays["top_items"] * 0}
    assert self_test(Recommender(replace(model.model, arrays=wrong))) == "its list for user 1 is wrong"


@pytest.mark.parametrize("name", ["seen_strength", "user_item", "user_popular", "item_weights"])
def test_an_item_part_without_numbers_fails_the_self_test_though_the_list_is_stored(
    models: Models, name: str
) -> None:
    model = write_model(models.root / "v2", Size(neighbours=20), version="v2")
    assert self_test(Recommender(model)) is None
    broken = {**model.arrays, name: np.full_like(model.arrays[name], np.nan)}
    assert self_test(Recommender(replace(model, arrays=broken))) == "its scores for user 1 are not numbers"


def test_a_model_whose_lists_make_no_sense_is_refused_though_its_files_are_whole(
    models: Models, slot: ModelSlot, caplog: pytest.LogCaptureFixture
) -> None:
    size = Size()
    senseless = make_arrays(size)  # as generated, each stored list holds one title a hundred times
    save(models.root / "v2", senseless, make_movies(size), make_details(size, "v2"))
    models.use("v2")
    assert slot.refresh() == REFUSED
    assert version(slot) == "v1"
    assert "current failed its self-test, its list for user 1 is wrong" in caplog.text


def test_a_start_without_a_usable_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"nowhere/manifest\.json cannot be read"):
        create_app(Settings(model_dir=tmp_path / "nowhere"))


def test_fingerprints_tell_models_apart_without_reading_them(models: Models) -> None:
    first = fingerprint(models.current)
    assert fingerprint(models.root / "v1") == first
    models.add("v2")
    models.use("v2")
    assert fingerprint(models.current) != first


def test_one_look_counts_and_shows_what_it_found(models: Models) -> None:
    app = create_app(Settings(model_dir=models.current))
    client, instance = app.test_client(), instance_of(app)
    background.look(instance)
    assert 'marquee_model_loads_total{model="recommender",outcome="loaded",track="stable"} 0.0' in metrics(
        client
    )
    models.add("v2", seed=2)
    models.use("v2")
    background.look(instance)
    text = metrics(client)
    assert 'marquee_model_loads_total{model="recommender",outcome="loaded",track="stable"} 1.0' in text
    assert 'release="v1-unknown",track="stable"} 0.0' in text
    assert 'release="v2-unknown",track="stable"} 1.0' in text
    (models.root / "v2" / "manifest.json").unlink()
    background.look(instance)
    assert 'marquee_model_loads_total{model="recommender",outcome="refused",track="stable"} 1.0' in metrics(
        client
    )
    assert client.get("/popular").headers["X-Model-Version"] == "v2"


def test_an_answer_never_mixes_two_models(models: Models) -> None:
    """The model changes while a request is being answered."""
    app = create_app(Settings(model_dir=models.current))
    slot = instance_of(app).slot
    models.add("v2", seed=2)
    models.use("v2")

    class Swapping(Recommender):
        def recommend(self, *args: object, **kwargs: object) -> Answer:
            assert slot.refresh() == LOADED
            return super().recommend(7)

    serving = in_use(slot)
    slot.current = replace(serving, recommender=Swapping(serving.recommender.model))
    answer = app.test_client().get("/recommend/7", headers={"Accept": "application/json"})
    assert answer.headers["X-Model-Version"] == "v1"
    assert answer.get_json()["model_version"] == "v1"
    assert app.test_client().get("/recommend/7").headers["X-Model-Version"] == "v2"


def test_without_a_poll_nobody_looks(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(background, "start_one", lambda name, *_: started.append(name))
    background.start(instance_of(create_app(Settings(model_dir=models.current, model_poll_s=0))))
    background.start(instance_of(create_app(Settings(model_dir=models.current, model_poll_s=1))))
    assert started == ["counts", "counts", "watch"]


def test_the_look_out_lives_on_after_an_unforeseen_failure(models: Models) -> None:
    app = create_app(Settings(model_dir=models.current, model_poll_s=0.01))
    instance = instance_of(app)
    stop = threading.Event()

    class Failing(ModelSlot):
        def refresh(self) -> str | None:
            if not failed:
                failed.append(True)
                raise ValueError("once")
            stop.set()
            return super().refresh()

    failed: list[bool] = []
    failing = ServiceParts(
        instance.settings, Named([Failing(instance.settings)], [instance.lists]), instance.metrics
    )
    models.add("v2", seed=2)
    models.use("v2")
    background.repeat(lambda: background.look(failing), instance.settings.model_poll_s, stop)
    assert failed
    assert version(failing.slot) == "v2"


def metrics(client: FlaskClient) -> str:
    return client.get("/metrics").text
