import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_deployment.dataset.events import Rating, parse, render
from auto_deployment.ingest.importing.titles import movie_ids, read_title
from tests.support.ingest.segments import NOON


def movie_id(printed: str) -> str:
    return movie_ids({"17": read_title(printed)})["17"]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("Toy Story (1995)", "toy+story+1995"),
        ("Matrix, The (1999)", "the+matrix+1999"),
        ("Beautiful Mind, A (2001)", "a+beautiful+mind+2001"),
        ("Lion, the Witch and the Wardrobe, The (2005)", "the+lion+the+witch+and+the+wardrobe+2005"),
        ("City of Lost Children, The (Cité des enfants perdus, La) (1995)", "the+city+of+lost+children+1995"),
        ("Amélie (Fabuleux destin d'Amélie Poulain, Le) (2001)", "amelie+2001"),
        ("Avventura, L' (Adventure, The) (1960)", "lavventura+1960"),
        ("(500) Days of Summer (2009)", "500+days+of+summer+2009"),
        ("Schindler's List (1993)", "schindlers+list+1993"),
        ("Girls' Night, The (1998)", "the+girls+night+1998"),
        ("Face/Off (1997)", "face+off+1997"),
        ("Romeo & Juliet (1968)", "romeo+and+juliet+1968"),
        ("Mission: Impossible - Fallout (2018)", "mission+impossible+-+fallout+2018"),
        ("M*A*S*H (a.k.a. MASH) (1970)", "m*a*s*h+1970"),
        ("Smørrebrød & Æbler (2001)", "smorrebrod+and+aebler+2001"),
        ("2001: A Space Odyssey (1968)", "2001+a+space+odyssey+1968"),
        ("Long Watch (2006\u20132007)", "long+watch+2006"),
        ("Long Watch (2006-)", "long+watch+2006"),
        ("Quiet Harbour", "quiet+harbour+"),
        ("  Quiet   Harbour  (1987) ", "quiet+harbour+1987"),
        ("東京 (1990)", "17+1990"),
    ],
)
def test_a_title_takes_the_shape_of_the_stream(printed: str, expected: str) -> None:
    assert movie_id(printed) == expected


def test_a_name_is_what_people_say_with_its_year_apart() -> None:
    title = read_title("Quiet Harbour, The (Stille Hafen, Der) (1987)")
    assert (title.name, title.year) == ("The Quiet Harbour (Stille Hafen, Der)", 1987)


def test_titles_that_collide_all_get_their_source_id_before_the_year() -> None:
    titles = {"838": "Emma (1996)", "26958": "Emma (1996)", "3": "Emma (2020)"}
    assert movie_ids({key: read_title(title) for key, title in titles.items()}) == {
        "838": "emma+838+1996",
        "26958": "emma+26958+1996",
        "3": "emma+2020",
    }


def test_a_title_that_looks_like_another_one_made_unique_is_told_apart_too() -> None:
    titles = {"8": "Emma (1996)", "9": "Emma (1996)", "7": "Emma 8 (1996)"}
    ids = movie_ids({key: read_title(title) for key, title in titles.items()})
    assert len(set(ids.values())) == 3


@settings(deadline=None)
@given(st.dictionaries(st.from_regex(r"[1-9][0-9]{0,3}", fullmatch=True), st.text(max_size=12), max_size=8))
def test_ids_of_any_titles_are_unique_and_fit_into_the_stream(titles: dict[str, str]) -> None:
    ids = movie_ids({key: read_title(title) for key, title in titles.items()})
    assert len(set(ids.values())) == len(titles)
    for one in ids.values():
        assert re.search(r"\+(\d{4})?$", one)
        assert parse(render(Rating(NOON, 1, one, 4))) == Rating(NOON, 1, one, 4)


def test_a_new_title_that_collides_with_a_given_id_leaves_it_alone() -> None:
    titles = {"26958": read_title("Emma (1996)"), "838": read_title("Emma (1996)")}
    assert movie_ids(titles, {"838": "emma+1996"}) == {"26958": "emma+26958+1996", "838": "emma+1996"}
    # not even when the movie that has it is gone from the table
    assert movie_ids({"7": titles["838"]}, {"838": "emma+1996"}) == {"7": "emma+7+1996"}
