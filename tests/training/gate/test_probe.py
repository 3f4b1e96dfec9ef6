"""The artefact itself is asked, and its faults are found."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from app.artifact import load, read_manifest, save
from app.model_format import MANIFEST, content_hash, describe_file, manifest_bytes, sealed
from app.recommender import Answer, Recommender
from auto_deployment.training.gate.probe import LENGTH, probe
from tests.support.models import Size, make_arrays, make_details, make_movies, write_model

SIZE = Size(users=50, movies=200, stored=30)
WITH_ITEMS = replace(SIZE, neighbours=40)


def spoilt(folder: Path, **arrays: Any) -> Path:
    """Write a generated model with some arrays replaced."""
    save(folder, {**make_arrays(SIZE), **arrays}, make_movies(SIZE), make_details(SIZE, "v1"))
    return folder


@pytest.mark.parametrize("size", [SIZE, WITH_ITEMS], ids=["factors", "with an item part"])
def test_a_sound_model_is_asked_and_measured(tmp_path: Path, size: Size) -> None:
    model = write_model(tmp_path / "model", size)
    found = probe(tmp_path / "model", 1000, seed=1)
    assert found.error is None
    assert found.content_hash == model.content_hash
    assert (found.users, found.personal) == (50, 45)  # every tenth has too few events for a list
    assert found.wrong == 0
    assert found.commonest < 5
    assert found.size_mb == pytest.approx(sum(p.stat().st_size for p in (tmp_path / "model").iterdir()) / 1e6)
    assert found.load_s > 0 < found.answer_ms


def test_an_item_part_without_numbers_is_found_before_anybody_is_asked(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    write_model(folder, WITH_ITEMS)
    path = folder / "item_weights.npy"
    np.save(path, np.load(path) * np.nan)
    files = {**read_manifest(folder)["files"], path.name: describe_file(path)}
    manifest = {**read_manifest(folder), "files": files, "content_hash": content_hash(files)}
    (folder / MANIFEST).write_bytes(manifest_bytes(sealed(manifest)))
    assert str(probe(folder, 1000, seed=1).error).startswith("item_weights holds numbers that are not finite")


def test_of_many_users_a_seeded_sample_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_model(tmp_path / "model", SIZE)
    asked: list[list[int]] = [[], [], []]
    plain = Recommender.recommend
    for place, seed in enumerate((1, 1, 2)):

        def spy(self: Recommender, user: int, n: int = 20, place: int = place) -> Answer:
            asked[place].append(user)
            return plain(self, user, n)

        monkeypatch.setattr(Recommender, "recommend", spy)
        assert probe(tmp_path / "model", 7, seed).users == 7
    assert asked[0] == asked[1] != asked[2]
    assert len(set(asked[0])) == 7


def test_stored_lists_with_a_seen_title_are_wrong(tmp_path: Path) -> None:
    write_model(tmp_path / "sound", SIZE)
    model = load(tmp_path / "sound")
    top = np.array(model.arrays["top_items"])
    for row in (0, 1, 2):  # their users are the first ones, and have events enough
        top[row, 5] = model.arrays["seen_items"][model.arrays["seen_indptr"][row]]
    listed = {name: np.array(model.arrays[name]) for name in ("user_list_row", "top_items")}
    folder = spoilt(tmp_path / "model", **{**listed, "top_items": top})
    assert probe(folder, 1000, seed=1).wrong == 3


def test_stored_lists_with_a_title_twice_are_wrong(tmp_path: Path) -> None:
    write_model(tmp_path / "sound", SIZE)
    top = np.array(load(tmp_path / "sound").arrays["top_items"])
    top[4, 3] = top[4, 2]
    assert probe(spoilt(tmp_path / "model", top_items=top), 1000, seed=1).wrong == 1


def test_answers_that_are_too_short_are_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_model(tmp_path / "model", SIZE)
    monkeypatch.setattr(
        Recommender, "recommend", lambda self, user, n: Answer(list(range(190, 190 + n - 11)), "personal")
    )
    assert probe(tmp_path / "model", 10, seed=1).wrong == 10


def test_a_small_catalogue_is_no_fault(tmp_path: Path) -> None:
    write_model(tmp_path / "model", Size(users=20, movies=LENGTH + 2, stored=0, seen_per_user=6))
    assert probe(tmp_path / "model", 1000, seed=1).wrong == 0


def test_one_list_for_everybody_is_counted(tmp_path: Path) -> None:
    arrays = make_arrays(SIZE)
    folder = spoilt(
        tmp_path / "model",
        user_factors=np.repeat(arrays["user_factors"][:1], SIZE.users, axis=0),
        user_list_row=np.full(SIZE.users, -1),
        seen_items=np.tile(np.arange(SIZE.seen_per_user), SIZE.users),
    )
    found = probe(folder, 1000, seed=1)
    assert found.commonest == found.personal == 45


@pytest.mark.parametrize("name", ["manifest.json", "item_factors.npy", "movies.json"])
def test_a_damaged_artefact_is_a_sentence(tmp_path: Path, name: str) -> None:
    write_model(tmp_path / "model", SIZE)
    (tmp_path / "model" / name).write_bytes(b"{}")
    found = probe(tmp_path / "model", 1000, seed=1)
    assert found.error is not None
    assert name in found.error
    assert found.content_hash is None


def test_answers_are_timed_on_the_one_thread_that_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(tmp_path / "model", SIZE)
    threads: set[int] = set()
    plain = Recommender.recommend

    def spy(self: Recommender, user: int, n: int) -> Answer:
        threads.update(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas")
        return plain(self, user, n)

    monkeypatch.setattr(Recommender, "recommend", spy)
    with threadpool_limits(2, "blas"):
        probe(tmp_path / "model", 3, seed=1)
    assert threads == {1}
