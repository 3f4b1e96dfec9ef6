"""What the documentation names exists, and each decision has its date and what would change it."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from auto_deployment.cli import main
from auto_deployment.commands.mail.examples import all_examples
from tests.support.documents import DOCUMENTS, code_of
from tests.support.project import PROJECT

BASES = (PROJECT, PROJECT / "auto_deployment", PROJECT / "tests")
# `data` belongs to a system that runs; what begins with a dot is made here.
FOLDERS = {each.name for base in BASES for each in base.iterdir() if each.is_dir()} - {"data"}
PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.*-]*(?:/[A-Za-z0-9_.*-]*)+")
PLACEHOLDER = re.compile("NAME|AREA")
MODULE = re.compile(r"(?:app|auto_deployment|benchmarks|monitoring|search|tests)(?:\.[a-z_]+)+")
TWO_WORDS = {"events", "feedback", "fleet", "mail", "release", "search"}
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
        if PATH.fullmatch(name)
        and name.split("/")[0] in FOLDERS
        and not PLACEHOLDER.search(name)
        and not exists(name)
    ]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_modules_that_a_document_names_exist(document: Path) -> None:
    modules = [name for name in words_of(document) if MODULE.fullmatch(name)]
    # The last part may be a name inside of the module.
    missing = [name for name in modules if not is_module(name) and not is_module(name.rpartition(".")[0])]
    assert [name for name in missing if not exists(name)] == []


def test_commands_that_documents_show_exist_with_their_options(capsys: pytest.CaptureFixture[str]) -> None:
    helps: dict[tuple[str, ...], str] = {}
    for document, words in shown_commands():
        command = tuple(words[: 2 if words[0] in TWO_WORDS else 1])
        if command not in helps:
            with pytest.raises(SystemExit) as stop:
                main([*command, "--help"])
            assert stop.value.code == 0, f"{document.name} shows {command}"
            helps[command] = capsys.readouterr().out
        options = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert options - set(re.findall(r"--[a-z-]+", helps[command])) == set(), f"{document.name}: {words}"


def shown_commands() -> Iterator[tuple[Path, list[str]]]:
    """Yield the words after `marquee` of each command line; what is in capitals stands for something.

    After `-n` it is a namespace of Kubernetes.
    """
    for document in DOCUMENTS:
        for line in "\n".join(code_of(document)).splitlines():
            for shown in re.findall(r"(?:(?<!-n )\bmarquee|-m auto_deployment) ([a-z][^#;`'|&]*)", line):
                words = shown.replace("[", " ").replace("]", " ").split()
                if words[0] not in TWO_WORDS or (words[1:2] and words[1].islower()):
                    yield document, words


def words_of(document: Path) -> Iterator[str]:
    """Yield the words of a document's code, without what surrounds a name."""
    for code in code_of(document):
        yield from (word.strip("`,;:()[]\"'") for word in code.split())


def exists(name: str) -> bool:
    """Tell whether a path, or a test file without its ending, is there."""
    return any(list(base.glob(name.rstrip("/") + ending)) for base in BASES for ending in ("", ".py"))


def is_module(name: str) -> bool:
    return "." in name and exists(name.replace(".", "/"))


def test_the_map_of_contributing_names_every_package() -> None:
    places = (PROJECT / "CONTRIBUTING.md").read_text("utf-8").partition("## Where things are")[2]
    named = set(re.findall(r"([a-z]+)/", places.split("```")[1]))
    packages = {each.parent.name for each in (PROJECT / "auto_deployment").rglob("__init__.py")}
    assert packages - {"auto_deployment"} - named == set()


def test_every_kind_of_mail_is_documented_and_no_other() -> None:
    kinds = (PROJECT / "docs" / "mails.md").read_text("utf-8").partition("## Kinds")[2].partition("\n## ")[0]
    begins = [re.sub("MODEL|STEP", ".*", text) for text in re.findall(r"^\| `([^`]+)`", kinds, re.MULTILINE)]
    subjects = [mail.subject for _, mail in all_examples()]
    assert [one for one in subjects if not any(re.match(begin, one) for begin in begins)] == []
    assert [begin for begin in begins if not any(re.match(begin, one) for one in subjects)] == []


def test_the_changelog_has_a_section_for_the_version_of_the_package() -> None:
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    changelog = (PROJECT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"^## {re.escape(version)} - {DATE.pattern}$", changelog, re.MULTILINE)
