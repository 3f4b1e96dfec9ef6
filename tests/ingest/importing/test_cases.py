"""The shapes of `shared/cases/imports`, read where they are: each gives what its README says."""

import gzip
import shutil
from pathlib import Path

import pytest

from auto_deployment.dataset.catalog import MOVIES
from tests.ingest.importing.conftest import Importer
from tests.support.project import IMPORT_CASES as CASES

KITE, LANTERN, TIN = "kite+harbour+1995", "the+lantern+1999", "tin+parade+2004"

pytestmark = pytest.mark.skipif(not CASES.exists(), reason="the shared cases are not here")

HALF, FIVE, TEN = (0.5, 5.0), (1.0, 5.0), (1.0, 10.0)
FIRST = [(1, KITE, 3.5, 964_982_703), (1, LANTERN, 4.0, 964_981_247)]


@pytest.mark.parametrize(
    ("case", "scale", "rows"),
    [
        (
            "01-kaggle20m",
            HALF,
            [
                (1, KITE, 3.5, 1_112_486_027),
                (1, LANTERN, 4.0, 1_112_484_676),
                (2, TIN, 0.5, 1_261_956_855),
            ],
        ),
        ("02b-quoted-rows", HALF, [*FIRST, (1, TIN, 2.0, 964_981_248)]),
        ("03-float-ids", HALF, [*FIRST, (2, TIN, 3.0, 964_981_248)]),
        ("04b-int-1to5", FIVE, [(star, KITE, float(star), 964_982_700 + star) for star in range(1, 6)]),
        ("06-newline-title", HALF, [*FIRST, (2, LANTERN, 4.0, 964_981_247), (2, TIN, 1.0, 964_981_248)]),
        ("07-excel", HALF, FIRST),
        ("08d-extra-quoted", HALF, [*FIRST, (2, LANTERN, 4.0, 964_981_247)]),
        (
            "09-netflix",
            FIVE,
            [
                (822, "netflix+1", 5.0, 1_115_942_400),
                (885, "netflix+2", 4.0, 1_129_680_000),
                (1488, "netflix+1", 3.0, 1_125_964_800),
            ],
        ),
    ],
)
def test_every_row_of_a_case_is_taken_as_it_is_written(
    importer: Importer, case: str, scale: tuple[float, float], rows: list[tuple[int, str, float, int]]
) -> None:
    assert importer(CASES / case) == 0
    assert importer.rows() == sorted(rows)
    assert importer.scales() == [scale]
    assert importer.quarantined() == []


def test_ratings_up_to_ten_under_a_movielens_header_are_on_1_10(importer: Importer) -> None:
    assert importer(CASES / "04-one-to-ten") == 0
    assert importer.scales() == [TEN]
    assert len(importer.rows()) == 12
    assert importer.quarantined() == []


def test_a_line_feed_in_a_title_is_a_blank(importer: Importer) -> None:
    importer(CASES / "06-newline-title")
    titles = MOVIES.read(importer.paths.catalog)["title"].tolist()
    assert sorted(titles) == ["Kite Harbour", "The Lantern", "Tin Parade"]


def test_columns_without_names_are_asked_for_and_taken(importer: Importer) -> None:
    assert importer(CASES / "08-headerless") == 2
    assert "--columns user=1,movie=2,rating=3,time=4" in importer.err
    assert not importer.paths.root.exists()
    assert importer(CASES / "08-headerless", "--columns", "user=1,movie=2,rating=3,time=4") == 0
    assert importer.rows() == sorted(FIRST)


def test_half_stars_late_in_a_file_count_and_packing_it_changes_nothing(
    importer: Importer, tmp_path: Path
) -> None:
    case = CASES / "22-10m-by-time"
    (tmp_path / "plain").mkdir()
    shutil.copyfile(case / "movies.dat", tmp_path / "plain" / "movies.dat")
    (tmp_path / "plain" / "ratings.dat").write_bytes(gzip.decompress((case / "ratings.dat.gz").read_bytes()))
    assert importer(tmp_path / "plain") == 0
    assert importer.scales() == [HALF]
    assert len(importer.rows()) == 14_500
    assert importer.quarantined() == []
    assert importer(case) == 0
    assert "already imported" in importer.out
    assert len(importer.rows()) == 14_500


def test_other_line_ends_are_the_same_ratings(importer: Importer, tmp_path: Path) -> None:
    case = CASES / "24-again"
    for name in ("movies.csv", "ratings.csv"):
        (tmp_path / name).write_bytes((case / name).read_bytes().replace(b"\r\n", b"\n"))
    assert importer(tmp_path / "ratings.csv") == 0
    rows = importer.rows()
    assert importer(case) == 0
    assert "already imported" in importer.out
    assert importer.rows() == rows
    assert len({row[:2] for row in rows}) == len(rows) == 16


def test_one_time_for_all_is_taken_and_said(importer: Importer) -> None:
    assert importer(CASES / "17-one-moment") == 0
    assert len(importer.rows()) == 2000
    assert "nothing can be split by time" in importer.out
