from itertools import pairwise
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_deployment.dataset.minutes import Ranges, flatten, from_sorted, pack_pair, union, unpack_pair

MINUTE_SETS = st.dictionaries(st.integers(0, 2**62), st.sets(st.integers(0, 40), min_size=1), max_size=6)


def ranges_of(sets: dict[int, set[int]]) -> Ranges:
    pairs = sorted((owner, minute) for owner, minutes in sets.items() for minute in minutes)
    owner = np.array([owner for owner, _ in pairs], np.int64)
    return from_sorted(owner, np.array([minute for _, minute in pairs], np.int32))


def sets_of(ranges: Ranges) -> dict[int, set[int]]:
    sets: dict[int, set[int]] = {}
    columns = (ranges.owner.tolist(), ranges.first.tolist(), ranges.last.tolist())
    for owner, first, last in zip(*columns, strict=True):
        sets.setdefault(owner, set()).update(range(first, last + 1))
    return sets


@settings(deadline=None)
@given(MINUTE_SETS)
def test_ranges_hold_exactly_the_minutes_they_were_made_of(sets: dict[int, set[int]]) -> None:
    assert sets_of(ranges_of(sets)) == sets


@settings(deadline=None)
@given(MINUTE_SETS)
def test_ranges_are_sorted_disjoint_and_never_touch(sets: dict[int, set[int]]) -> None:
    ranges = ranges_of(sets)
    rows = list(zip(ranges.owner.tolist(), ranges.first.tolist(), ranges.last.tolist(), strict=True))
    for (owner, _, last), (next_owner, next_first, _) in pairwise(rows):
        assert owner < next_owner or (owner == next_owner and last + 1 < next_first)


@settings(deadline=None)
@given(st.lists(MINUTE_SETS, max_size=4), st.randoms(use_true_random=False))
def test_a_union_is_the_ranges_of_the_joined_sets_in_any_order(
    parts: list[dict[int, set[int]]], random: Random
) -> None:
    joined: dict[int, set[int]] = {}
    for sets in parts:
        for owner, minutes in sets.items():
            joined.setdefault(owner, set()).update(minutes)
    rows = [
        row
        for part in map(ranges_of, parts)
        for row in zip(part.owner.tolist(), part.first.tolist(), part.last.tolist(), strict=True)
    ]
    random.shuffle(rows)
    owners, first, last = (np.array([row[i] for row in rows], np.int64) for i in range(3))
    merged, expected = union(owners, first.astype(np.int32), last.astype(np.int32)), ranges_of(joined)
    assert merged.owner.tolist() == expected.owner.tolist()
    assert merged.first.tolist() == expected.first.tolist()
    assert merged.last.tolist() == expected.last.tolist()


def test_flat_ranges_say_where_each_owner_begins_and_where_the_last_one_ends() -> None:
    flat, ends = flatten(ranges_of({5: {1, 2, 9}, 7: {4}}))
    assert flat.tolist() == [1, 2, 9, 9, 4, 4]
    assert ends.tolist() == [0, 4, 6]


@settings(deadline=None)
@given(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1))
def test_a_packed_pair_comes_apart_again(user_id: int, movie: int) -> None:
    pair = pack_pair(np.array([user_id]), np.array([movie], np.int32))
    users, movies = unpack_pair(pair)
    assert (users.tolist(), movies.tolist()) == ([user_id], [movie])
