"""The house stays readable: small files, small functions, and folders that are seen at a glance."""

import ast
import statistics
from collections import Counter
from pathlib import Path

from tests.support.project import PROJECT

SOURCES = sorted(
    path
    for root in ("app", "auto_deployment", "client/marquee_client", "search")
    for path in (PROJECT / root).rglob("*.py")
    if path.stat().st_size
)
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def named(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def test_files_are_small() -> None:
    assert statistics.median(map(lines, SOURCES)) < 80
    assert {named(path): lines(path) for path in SOURCES if lines(path) > 250} == {}


def test_functions_are_small() -> None:
    found = {
        f"{named(path)}:{node.name}": length
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, FUNCTION) and (length := (node.end_lineno or 0) - node.lineno + 1) > 40
    }
    assert found == {}


def test_a_folder_is_seen_at_a_glance() -> None:
    modules = [path for path in SOURCES if path.name != "__init__.py"]
    counts = Counter(named(path.parent) for path in modules)
    assert {folder: count for folder, count in counts.items() if count > 20} == {}
    assert counts["auto_deployment"] <= 8
