"""Who leans on whom among tests, benchmarks and their common kit, and that there is one of each thing."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.project import PROJECT


def imported(folder: str) -> Iterator[tuple[Path, str]]:
    """Yield every module that the Python files of a folder import, with the file."""
    for path in sorted((PROJECT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                yield path, node.module
            elif isinstance(node, ast.Import):
                yield from ((path, alias.name) for alias in node.names)


def test_tests_do_not_lean_on_benchmarks() -> None:
    assert [(path, name) for path, name in imported("tests") if name.split(".")[0] == "benchmarks"] == []


def test_benchmarks_lean_on_the_common_kit_only() -> None:
    of_tests = [(path, name) for path, name in imported("benchmarks") if name.split(".")[0] == "tests"]
    assert [(path, name) for path, name in of_tests if not f"{name}.".startswith("tests.support.")] == []


def test_the_common_kit_leans_on_no_test() -> None:
    of_tests = [(path, name) for path, name in imported("tests/support") if name.split(".")[0] == "tests"]
    assert [(path, name) for path, name in of_tests if not f"{name}.".startswith("tests.support.")] == []


@pytest.mark.parametrize(
    ("pattern", "home"),
    [
        (r"^def (eventually|wait_until|wait_for|until)\(", "waiting.py"),
        (r"^def free_ports?\(", "ports.py"),
        (r"^def git\(", "git.py"),
        (r"^\w+ = Path\(__file__\)(\.resolve\(\))?\.parents\[", "project.py"),
    ],
)
def test_there_is_one_of_each(pattern: str, home: str) -> None:
    """One wait, one way to a free port, to git and to the project's root."""
    found = {
        path.relative_to(PROJECT)
        for folder in ("tests", "benchmarks")
        for path in (PROJECT / folder).rglob("*.py")
        if re.search(pattern, path.read_text("utf-8"), re.MULTILINE)
    }
    assert found == {Path("tests/support") / home}
