"""What the documentation names exists, and each decision has its date and what would change it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.documents import DOCUMENTS, code_of
from tests.support.project import PROJECT

BASES = (PROJECT, PROJECT / "auto_deployment", PROJECT / "tests")
# `data` belongs to a system that runs; what begins with a dot is made here.
FOLDERS = {each.name for base in BASES for each in base.iterdir() if each.is_dir()} - {"data"}
PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.*-]*(?:/[A-Za-z0-9_.*-]*)+")
MODULE = re.compile(r"(?:app|auto_deployment|benchmarks|monitoring|tests)(?:\.[a-z_]+)+")
DATE = re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]")
DECISIONS = (PROJECT / "docs" / "decisions.md").read_text("utf-8").split("\n## ")[1:]


@pytest.mark.parametrize("entry", DECISIONS, ids=lambda entry: entry.partition("\n")[0])
def test_a_decision_has_a_date_and_what_would_change_our_mind(entry: str) -> None:
    assert DATE.search(entry.split("\n")[1]), "the line below the heading begins with the date"
    assert "Revisit when" in entry or "change our mind" in entry


def test_decisions_are_in_order_of_their_days() -> None:
    days = [found[0] for entry in DECISIONS if (found := DATE.search(entry))]
    assert days == sorted(days)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_paths_that_a_document_names_exist(document: Path) -> None:
    missing = [
        name
        for name in words_of(document)
        if PATH.fullmatch(name) and name.split("/")[0] in FOLDERS and "NAME" not in name and not exists(name)
    ]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_modules_that_a_document_names_exist(document: Path) -> None:
    modules = [name for name in words_of(document) if MODULE.fullmatch(name)]
    # The last part may be a name inside of the module.
    missing = [name for name in modules if not is_module(name) and not is_module(name.rpartition(".")[0])]
    assert [name for name in missing if not exists(name)] == []


def words_of(document: Path) -> Iterator[str]:
    """Yield the words of a document's code, without what surrounds a name."""
    for code in code_of(document):
        yield from (word.strip("`,;:()[]\"'") for word in code.split())


def exists(name: str) -> bool:
    """Tell whether a path, or a test file without its ending, is there."""
    return any(list(base.glob(name.rstrip("/") + ending)) for base in BASES for ending in ("", ".py"))


def is_module(name: str) -> bool:
    return "." in name and exists(name.replace(".", "/"))
