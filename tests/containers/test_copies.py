"""Dockerfiles copy what exists, and an image with a part of the code has all that this part imports."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.project import PROJECT

DOCKERFILES = sorted(
    str(path.relative_to(PROJECT))
    for folder in ("app", "auto_deployment", "search", "nginx", "scripts")
    for path in (PROJECT / folder).rglob("Dockerfile")
)
# Made by a build or a cycle, no part of a checkout.
MADE = "data/"


def copied(dockerfile: str) -> list[tuple[str, str]]:
    """(source, target) of each path that is copied from the checkout."""
    text = (PROJECT / dockerfile).read_text("utf-8").replace("\\\n", " ")
    lines = re.findall(r"^COPY +((?:--\S+ +)*)(.+)$", text, re.MULTILINE)
    pairs = [words.split() for flags, words in lines if "--from" not in flags]
    return [(source, words[-1]) for words in pairs for source in words[:-1]]


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_what_a_dockerfile_copies_is_in_the_checkout(dockerfile: str) -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True)
    kept = listed.stdout.splitlines()
    sources = [
        source for source, _ in copied(dockerfile) if "[" not in source and not source.startswith(MADE)
    ]
    assert sources
    for source in sources:
        assert any(path == source or path.startswith(f"{source}/") for path in kept), source


def imported(module: Path) -> set[str]:
    """Names that a module asks of the project as soon as it is imported."""
    names: set[str] = set()
    for statement in ast.parse(module.read_bytes()).body:
        if isinstance(statement, ast.ImportFrom) and statement.module:
            names |= {statement.module, *(f"{statement.module}.{one.name}" for one in statement.names)}
        elif isinstance(statement, ast.Import):
            names |= {one.name for one in statement.names}
    return {name for name in names if name.split(".")[0] in {"app", "auto_deployment", "search"}}


@pytest.mark.parametrize("dockerfile", ["app/Dockerfile", "auto_deployment/Dockerfile", "search/Dockerfile"])
def test_an_image_has_every_module_that_its_own_modules_import(dockerfile: str) -> None:
    """The service's image has its own package only, search's some modules of the service beside it."""
    sources = [PROJECT / source for source, target in copied(dockerfile) if target.startswith("/srv/")]
    files = {path for source in sources for path in (source.rglob("*.py") if source.is_dir() else [source])}
    modules = {path for path in files if path.suffix == ".py"}
    assert modules
    for module in modules:
        for name in imported(module):
            path = PROJECT / name.replace(".", "/")
            asked = {path.with_suffix(".py"), path / "__init__.py"}
            exists = {one for one in asked if one.exists()}
            assert exists <= modules, f"{module.relative_to(PROJECT)} imports {name}, which is not copied"
