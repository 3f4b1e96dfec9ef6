"""Where to go on: nothing is skipped, nothing is read twice, and what cannot be known is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_deployment.ingest.positions import (
    Broker,
    Hole,
    OverlapError,
    Stored,
    StreamChangedError,
    by_source,
    find_holes,
    find_start,
    reached,
    start_generation,
)


def broker(
    beginnings: dict[int, int],
    ends: dict[int, int],
    topic_id: str | None = "t1",
    cluster_id: str | None = "c1",
) -> Broker:
    return Broker(cluster_id, "movielog", topic_id, beginnings, ends)


def stored(ranges: dict[int, tuple[int, int]], name: str = "s", **source: object) -> Stored:
    usual = {"kind": "kafka", "topic": "movielog", "topic_id": "t1", "cluster_id": "c1", "generation": 0}
    return Stored(name, usual | source, ranges)


def test_without_segments_every_partition_is_read_from_its_beginning() -> None:
    start = find_start([], broker({0: 0, 1: 40}, {0: 10, 1: 50}))
    assert (start.generation, start.offsets, start.lost) == (0, {0: 0, 1: 40}, {})


def test_reading_goes_on_where_the_newest_segments_end() -> None:
    parts = [stored({0: (0, 5)}), stored({1: (0, 7)}), stored({0: (5, 9)})]
    assert find_start(parts, broker({0: 0, 1: 0}, {0: 20, 1: 20})).offsets == {0: 9, 1: 7}


def test_a_new_partition_is_read_from_its_beginning() -> None:
    assert find_start([stored({0: (0, 5)})], broker({0: 0, 1: 0}, {0: 9, 1: 3})).offsets == {0: 5, 1: 0}


def test_segments_of_another_topic_do_not_count() -> None:
    assert find_start([stored({0: (0, 5)}, topic="other")], broker({0: 0}, {0: 9})).offsets == {0: 0}


def test_what_retention_removed_is_told_and_passed_over() -> None:
    start = find_start([stored({0: (0, 5)})], broker({0: 12}, {0: 20}))
    assert (start.offsets, start.lost) == ({0: 12}, {0: (5, 12)})


def test_a_segment_that_ends_at_the_end_of_an_emptied_partition_is_no_loss() -> None:
    assert find_start([stored({0: (0, 5)})], broker({0: 5}, {0: 5})).lost == {}


@pytest.mark.parametrize(
    ("now", "named"),
    [
        (broker({0: 0}, {0: 9}, topic_id="t2"), "topic id t2, they say t1"),
        (broker({0: 0}, {0: 9}, cluster_id="c2"), "cluster id c2, they say c1"),
        (broker({0: 0}, {0: 4}), "ends at offset 4, but the segments reach 5"),
        (broker({1: 0}, {1: 9}), "Partition 0 of topic movielog is gone"),
    ],
)
def test_another_stream_under_the_same_name_is_refused_with_the_way_out(now: Broker, named: str) -> None:
    with pytest.raises(StreamChangedError, match=named) as refusal:
        find_start([stored({0: (0, 5)})], now)
    assert "ingest --new-generation" in str(refusal.value)


def test_a_broker_that_knows_no_topic_ids_is_believed_by_its_offsets() -> None:
    before = stored({0: (0, 5)}, topic_id=None)
    assert find_start([before], broker({0: 0}, {0: 9}, topic_id="t1")).offsets == {0: 5}


def test_a_truncated_partition_names_where_it_can_go_on() -> None:
    with pytest.raises(StreamChangedError, match="--new-generation 0=4,1=7"):
        find_start([stored({0: (0, 5), 1: (0, 7)})], broker({0: 0, 1: 0}, {0: 4, 1: 9}))


def test_a_new_generation_begins_anew_and_is_then_the_one_that_counts() -> None:
    old = stored({0: (0, 50)})
    now = broker({0: 0, 1: 2}, {0: 9, 1: 9}, topic_id="t2")
    start = start_generation([old], now, {})
    assert (start.generation, start.offsets) == (1, {0: 0, 1: 2})
    assert start_generation([old], now, {1: 5}).offsets == {0: 0, 1: 5}
    new = stored({0: (0, 3)}, topic_id="t2", generation=1)
    assert find_start([old, new], now).offsets == {0: 3, 1: 2}


def test_a_missing_segment_is_a_hole() -> None:
    parts = [stored({0: (0, 5), 1: (0, 2)}), stored({0: (8, 9), 1: (2, 4)})]
    assert find_holes(parts) == [Hole(0, 5, 8)]


def test_the_same_offset_in_two_segments_is_refused_by_name() -> None:
    with pytest.raises(OverlapError, match="one and two both hold lines of partition 0, from offset 4 on"):
        find_holes([stored({0: (0, 5)}, "one"), stored({0: (4, 9)}, "two")])


@given(st.lists(st.integers(1, 50), min_size=1, max_size=20), st.randoms())
def test_segments_that_follow_each_other_have_no_holes_in_any_order(sizes: list[int], dice: object) -> None:
    begins = [sum(sizes[:i]) for i in range(len(sizes))]
    parts = [stored({0: (begin, begin + size)}) for begin, size in zip(begins, sizes, strict=True)]
    dice.shuffle(parts)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert find_holes(parts) == []
    assert reached(parts) == {0: sum(sizes)}


def test_a_copy_of_another_topic_of_that_name_neither_stops_nor_shifts_reading() -> None:
    parts = [stored({0: (0, 90)}, topic_id="t0"), stored({0: (0, 5)})]
    assert find_start(parts, broker({0: 0}, {0: 9})).offsets == {0: 5}
    with pytest.raises(StreamChangedError):
        find_start(parts[:1], broker({0: 0}, {0: 9}))


def test_offsets_of_different_sources_say_nothing_of_each_other() -> None:
    same = {0: (0, 5)}
    parts = [
        stored(same, "topic"),
        stored(same, "another topic", topic="other"),
        stored(same, "recreated", topic_id="t2"),
        stored(same, "another cluster", cluster_id="c2"),
        stored(same, "new generation", generation=1),
        Stored("one file", {"kind": "file", "sha256": "a"}, same),
        Stored("another file", {"kind": "file", "sha256": "b"}, same),
        Stored("a table", {"kind": "import", "sha256": "a"}, same),
    ]
    assert by_source(parts) == [[part] for part in parts]


def test_an_id_that_the_broker_did_not_tell_makes_no_other_source() -> None:
    parts = [stored({0: (0, 5)}, topic_id=None), stored({0: (4, 9)})]
    assert by_source(parts) == [parts]
