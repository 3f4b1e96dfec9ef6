"""The edge log's files in portions: what one look leaves the next one reads, across rotation."""

from pathlib import Path

from auto_deployment.edge.log_files import LogFiles
from auto_deployment.local.edge_log import rotate


def append(log: Path, *numbers: int) -> None:
    with log.open("ab") as file:
        file.write(b"".join(b"%05d\n" % number for number in numbers))


def taken(files: LogFiles, most: int | None = None) -> list[int]:
    return [int(line) for line in files.lines(most)]


def test_a_portion_ends_where_the_next_one_begins(tmp_path: Path) -> None:
    log = tmp_path / "edge.log"
    append(log, 1, 2, 3)
    files = LogFiles(log, [])
    assert taken(files, 2) == [1, 2]
    rotate(log, 0, 5, log.touch)
    append(log, 4, 5)
    assert taken(files, 2) == [3, 4]
    again = LogFiles.from_json(log, files.to_json())
    assert (taken(again), again.lost) == ([5], False)


def test_a_file_that_no_portion_has_reached_is_begun_later(tmp_path: Path) -> None:
    log = tmp_path / "edge.log"
    for numbers in ((1, 2), (3,), (4, 5)):
        append(log, *numbers)
        rotate(log, 0, 5, log.touch)
    files = LogFiles(log, [])
    portions = []
    while portion := taken(files, 1):
        assert not files.lost
        files = LogFiles.from_json(log, files.to_json())
        portions += portion
    assert portions == [1, 2, 3, 4, 5]
