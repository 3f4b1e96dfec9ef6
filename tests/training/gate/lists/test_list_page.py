"""The page of the list-diff, and what the stage writes of it."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.artifact import Model
from app.recommender import Recommender
from auto_deployment.training.gate.checks import ListVerdict
from auto_deployment.training.gate.lists.difference import compare_lists
from auto_deployment.training.gate.lists.page import render_lists, spread
from auto_deployment.training.gate.lists.params import ListDiffParams
from auto_deployment.training.gate.lists.verdict import NO_CHAMPION, compare_with_champion, judge_lists
from auto_deployment.training.workspace import Workspace
from tests.support.models import Size, make_arrays, make_details, make_movies, write_model

SIZE = Size(users=40, movies=120, stored=20)
PARAMS = ListDiffParams()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Give a champion and a candidate that knows more users and has titles that are HTML."""
    found = Workspace(tmp_path)
    movies = make_movies(SIZE)
    titles = [f"<script>{title} & more" for title in movies.titles]
    write_model(found.champion, replace(SIZE, users=35))
    write_model(found.candidate, SIZE, movies=replace(movies, titles=titles), seed=2)
    return found


def test_ten_users_are_shown_from_the_most_changed_list_to_the_least(workspace: Workspace) -> None:
    verdict, compared = compare_with_champion(workspace, {"version": "v1"}, PARAMS, 42)
    assert compared is not None
    page = render_lists(verdict, compared, "v1")
    assert page.count("titles stay, agreement by rank") == 10
    shown = [line for line in page.splitlines() if line.startswith("<h3>User")]
    agreement = [float(line.split()[-1].removesuffix("</h3>")) for line in shown]
    assert agreement == sorted(agreement)
    assert agreement[0] == round(min(compared.rbo), 3)
    assert agreement[-1] == round(max(compared.rbo), 3)


def test_the_page_needs_nothing_but_itself_and_takes_titles_as_text(workspace: Workspace) -> None:
    verdict, compared = compare_with_champion(workspace, {"version": "v1"}, PARAMS, 42)
    page = render_lists(verdict, compared, "v1")
    assert "<script>" not in page
    assert "&lt;script&gt;Film 1 (1951) &amp; more" in page
    assert not [word for word in ("http:", "https:", "src=", "href=", "@import") if word in page]


def test_what_is_new_what_is_gone_and_what_has_moved_is_marked(workspace: Workspace) -> None:
    old = Recommender(write_model(workspace.root / "old", SIZE))
    compared = compare_lists(old, old, 1, 42)
    before = compared.champion[0]
    fresh = next(row for row in range(SIZE.movies) if row not in before)
    compared.challenger[0] = [fresh, before[0], *before[2:]]
    page = render_lists(judge_lists(compared.found, PARAMS), compared, "v1")
    title = compared.catalogue.titles
    new, gone, moved = (row_of(page, title[row]) for row in (fresh, before[1], before[0]))
    assert 'class="new"' in new
    assert 'class="gone"' in gone
    assert '<span class="mark">was 1</span>' in moved + gone
    assert page.count('class="new"') == page.count('class="gone"') == 1


def row_of(page: str, title: str) -> str:
    return "".join(line for line in page.splitlines() if f'<span class="title">{title}</span>' in line)


def test_the_page_and_the_figures_say_of_nobody_who_it_is() -> None:
    """Both are kept with the version for ever, also when a user wants to be forgotten."""
    models = []
    for seed in (1, 2):
        arrays = {**make_arrays(SIZE, seed), "user_ids": np.arange(SIZE.users) + 7_654_321_000}
        models.append(Model({**make_details(SIZE, "v"), "files": {}}, arrays, make_movies(SIZE)))
    compared = compare_lists(Recommender(models[0]), Recommender(models[1]), 1000, 42)
    verdict = judge_lists(compared.found, PARAMS)
    assert compared.served.user_ids[0] == 7_654_321_000
    assert "7654321" not in (render_lists(verdict, compared, "v") + repr(verdict)).replace(",", "")


def test_the_same_two_models_give_the_same_bytes(workspace: Workspace) -> None:
    pages = [
        render_lists(*compare_with_champion(workspace, {"version": "v1"}, PARAMS, 42), "v1") for _ in range(2)
    ]
    assert pages[0] == pages[1]


def test_without_a_champion_that_is_said_and_nobody_has_to_look(workspace: Workspace) -> None:
    shutil.rmtree(workspace.champion)
    verdict, compared = compare_with_champion(workspace, {"version": None}, PARAMS, 42)
    assert (verdict, compared) == (ListVerdict(NO_CHAMPION), None)
    assert not verdict.needs_review
    assert NO_CHAMPION in render_lists(verdict, compared, None)


def test_a_damaged_champion_is_a_sentence(workspace: Workspace) -> None:
    (workspace.champion / "item_factors.npy").write_bytes(b"")
    verdict, compared = compare_with_champion(workspace, {"version": "v1"}, PARAMS, 42)
    assert compared is None
    assert not verdict.needs_review
    assert "item_factors.npy has 0 bytes" in verdict.sentence


def test_few_users_are_all_shown_and_many_are_spread_evenly() -> None:
    assert spread([0.5, 0.1, 0.9], 10) == [1, 0, 2]
    assert spread([one / 100 for one in range(100)], 10) == [0, 11, 22, 33, 44, 55, 66, 77, 88, 99]
    assert spread([], 10) == []
