"""The set of users: it remembers flags, survives as text, and stays small."""

import base64
import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_deployment.errors import MarqueeError
from auto_deployment.release.observe import user_table
from auto_deployment.release.observe.user_table import UserTable


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 15))),
    st.integers(1, 5),
)
def test_it_remembers_what_a_dict_would(puts: list[tuple[int, int]], fresh_max: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(user_table, "FRESH_MAX", fresh_max)
        table, expected = UserTable("r"), dict[int, int]()
        for user, flags in puts:
            key = table.key(str(user))
            assert table.get(key) == expected.get(key)
            table.put(key, flags, new=key not in expected)
            expected[key] = flags
        for one in (table, table.copy(), UserTable.load("r", table.dump())):
            assert len(one) == len(expected)
            assert all(one.get(key) == flags for key, flags in expected.items())


def test_a_copy_is_of_its_own() -> None:
    table = UserTable("r")
    table.put(table.key("1"), 0, new=True)
    table.dump()
    twin = table.copy()
    twin.put(twin.key("1"), 7, new=False)
    twin.dump()
    assert table.get(table.key("1")) == 0


def test_another_release_hashes_its_users_differently() -> None:
    assert UserTable("one").key("42") != UserTable("other").key("42")


@pytest.mark.parametrize("text", ["A", "AAAA", "é", "AQAAAAAAAQAAAAAA", "CAAAAAAAAAAAAAAA"])
def test_damaged_text_is_refused(text: str) -> None:
    with pytest.raises(MarqueeError):
        UserTable.load("r", text)


def test_a_million_users_stay_small() -> None:
    """8 MB for the table; reading copies it, and changes wait in a dict of bounded size."""
    tracemalloc.start()
    try:
        table = UserTable("r", np.arange(0, 8_000_000_000, 8_000, dtype=np.uint64)).copy()
        for user in range(80_000):  # more than may wait
            table.put(table.key(str(user)), 0, new=True)
        text = json.dumps(table.dump())
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(table) == 1_080_000
    assert len(text) < 1_080_000 * 8 + 100
    assert kept < 22_000_000
    assert peak < 60_000_000


def test_of_two_users_whom_the_shorter_hash_does_not_tell_apart_what_both_met_is_known() -> None:
    first, second = 0b1000 << 3 | 1, 0b1001 << 3 | 2
    text = base64.b64encode(first.to_bytes(6, "little") + second.to_bytes(6, "little")).decode()
    table = UserTable.load("r", text, flag_bits=3)
    assert (len(table), table.get(0b100)) == (1, 3)
    with pytest.raises(MarqueeError):
        UserTable.load("r", text, flag_bits=5)
