"""Users who are texts get numbers that stay."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_deployment.cycle.link_segments import copy_catalog
from auto_deployment.dataset.catalog import SOURCE_USERS
from auto_deployment.ingest.importing.rows import MAX_USER_ID
from auto_deployment.ingest.importing.tables import users as module
from auto_deployment.ingest.importing.tables.users import FIRST_MAPPED, MappedUsers
from tests.ingest.importing.conftest import Importer

HEADER = "reviewerID,asin,overall,unixReviewTime\n"
ROWS = ["A2SUAM1J3GNN3B,0005019281,5,1303862400", "A1D87F6ZCVE5NK,B001E4KFG0,2,1303862401"]
LATER = ["A1D87F6ZCVE5NK,B001E4KFG1,3,1303862402", "ARE8QQ7K,B001E4KFG0,4,1303862403"]
MAP = ("--users", "map")


def numbers(users: MappedUsers, texts: list[str]) -> dict[str, int]:
    codes = users.read(pa.array(texts, pa.string())).values.astype(np.int32)
    return dict(zip(texts, users.ids(codes).tolist(), strict=True))


@settings(max_examples=20, deadline=None)
@given(st.permutations([f"user-{one}" for one in range(12)]), st.integers(0, 12))
def test_numbers_depend_on_no_order_and_stay_under_additions_where_hashes_collide(
    texts: list[str], earlier: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_MAPPED", 13)  # nearly every hash is taken
        at_once = numbers(MappedUsers({}), texts)
        assert at_once == numbers(MappedUsers({}), sorted(texts))
        assert sorted(set(at_once.values())) == sorted(at_once.values())
        before = numbers(MappedUsers({}), texts[:earlier])
        later = numbers(MappedUsers(before), texts)
        assert {one: later[one] for one in before} == before
        assert len(set(later.values())) == len(texts)


def test_numbers_are_those_that_segments_can_hold() -> None:
    found = numbers(MappedUsers({}), [str(one) for one in range(200)]).values()
    assert min(found) >= FIRST_MAPPED
    assert max(found) <= MAX_USER_ID


def test_the_same_text_is_the_same_user_under_every_import(
    importer: Importer, write: Callable[..., Path]
) -> None:
    first = write(HEADER + "".join(f"{row}\n" for row in ROWS), movies=False)
    assert importer(*MAP, first) == 0
    stored = importer.rows()
    first.write_text(HEADER + "".join(f"{row}\n" for row in reversed(ROWS)))
    assert importer(*MAP, first) == 0
    assert "already imported" in importer.out
    assert importer.rows() == stored
    assert importer(*MAP, write(HEADER + "".join(f"{row}\n" for row in LATER), "b.csv", movies=False)) == 0
    users = {row[1]: row[0] for row in importer.rows()}
    assert importer("--user", "A1D87F6ZCVE5NK") == 0
    assert int(importer.out) == users["b001e4kfg1"]
    assert sum(row[0] == users["b001e4kfg1"] for row in importer.rows()) == 2


def test_other_users_make_another_table(importer: Importer, write: Callable[..., Path]) -> None:
    importer(*MAP, write(HEADER + "".join(f"{row}\n" for row in ROWS), movies=False))
    swapped = [ROWS[0].replace("A2SUAM1J3GNN3B", "A1D87F6ZCVE5NK"), ROWS[1]]
    assert importer(*MAP, write(HEADER + "".join(f"{row}\n" for row in swapped), movies=False)) == 0
    assert len(importer.rows()) == 4


def test_who_has_no_number_is_told_so(importer: Importer, write: Callable[..., Path]) -> None:
    importer(*MAP, write(HEADER + "".join(f"{row}\n" for row in ROWS), movies=False))
    assert importer("--user", "nobody") == 2
    assert importer.err.startswith("No user 'nobody' has a number, 2 others have (")


def test_a_row_without_a_user_is_rejected_and_a_preview_shows_the_numbers(
    importer: Importer, write: Callable[..., Path]
) -> None:
    path = write(HEADER + "".join(f"{row}\n" for row in [*ROWS, ",B001E4KFG0,2,1303862401"]), movies=False)
    assert importer(*MAP, "--preview", path) == 0
    shown = importer.out
    assert not importer.paths.root.exists()
    assert importer(*MAP, "--allow-rejected", "1", path) == 0
    assert importer.quarantined() == [(4, b",B001E4KFG0,2,1303862401", "user-id")]
    assert all(f"user {row[0]} {row[1]}" in shown for row in importer.rows())


def test_who_users_were_is_not_versioned(
    importer: Importer, write: Callable[..., Path], tmp_path: Path
) -> None:
    importer(*MAP, write(HEADER + "".join(f"{row}\n" for row in ROWS), movies=False))
    assert (importer.paths.catalog / SOURCE_USERS.file_name).exists()
    copy_catalog(importer.paths.catalog, tmp_path / "clone")
    assert not (tmp_path / "clone" / SOURCE_USERS.file_name).exists()
