"""Bad answers by gender and age band: each user once, in the groups that the catalogue says."""

import json
from pathlib import Path

import pandas as pd
import pytest

from auto_deployment.dataset.catalog import USERS
from auto_deployment.release.judge.ticks import GroupCounts
from auto_deployment.release.observe.edge_log import EdgeReader, Follows
from auto_deployment.release.observe.user_groups import user_groups
from tests.support.release.edge_lines import CANARY_1, STABLE_1, TRACKS, line

GOOD, BAD, RETRIED = (CANARY_1, "200"), (CANARY_1, "502"), (STABLE_1, "200")
RELEASE = "20260301T0600-abcd-1234567"


@pytest.fixture
def follows(tmp_path: Path) -> Follows:
    """Know four users, of whom one names nothing and one no age."""
    rows = [(1, 20, "F", None), (2, 70, "M", None), (3, None, None, None), (9, None, "F", None)]
    USERS.write(tmp_path / "catalog", pd.DataFrame(rows, columns=USERS.schema.names))
    (tmp_path / "edge.log").touch()
    return Follows(tmp_path / "edge.log", TRACKS, 0.15, user_groups(tmp_path / "feedback"))


def append(follows: Follows, *lines: bytes) -> None:
    with follows.log.open("ab") as file:
        file.write(b"".join(lines))


def test_a_user_counts_once_in_each_of_his_groups(follows: Follows) -> None:
    reader = EdgeReader.begin(follows, RELEASE)
    append(follows, line("1", BAD, RETRIED), line("1", BAD, RETRIED), line("2", RETRIED), line("9", GOOD))
    assert reader.read().groups == {
        "age 18-24": {"canary": GroupCounts(1, 1)},
        "age 56 and over": {"stable": GroupCounts(1, 0)},
        "gender F": {"canary": GroupCounts(2, 1)},
        "gender M": {"stable": GroupCounts(1, 0)},
    }
    state = json.loads(json.dumps(reader.state()))
    again = EdgeReader.resume(follows, RELEASE, state)
    append(follows, line("1", BAD, RETRIED), line("9", BAD, RETRIED))
    assert again.read().groups == {"gender F": {"canary": GroupCounts(0, 1)}}


@pytest.mark.parametrize("user", ["3", "4", "10", "x", "", "²", "9" * 30])
def test_of_whom_nothing_is_known_belongs_to_no_group(follows: Follows, user: str) -> None:
    reader = EdgeReader.begin(follows, RELEASE)
    append(follows, line(user, BAD, RETRIED))
    assert reader.read().groups == {}


def test_a_damaged_or_missing_catalogue_costs_the_groups_only(
    follows: Follows, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "catalog" / USERS.file_name
    for content in (b"damaged", None):
        file.write_bytes(content) if content else file.unlink()
        reader = EdgeReader.begin(follows, RELEASE)
        append(follows, line("1", GOOD))
        read = reader.read()
        assert (read.counts["canary"].users, read.groups) == (1, {})
    assert "Groups of users are not compared" in caplog.text
