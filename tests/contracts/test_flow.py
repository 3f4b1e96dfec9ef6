"""Code that a stage of `dvc.yaml` runs is among its `deps`: else a change of it goes unseen."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import grimp
import pytest
import yaml

from tests.support.project import PROJECT

STAGES = PROJECT / "auto_deployment" / "commands" / "stage.py"
OURS = ("app", "auto_deployment", "search")
FLOW: dict[str, Any] = yaml.safe_load((PROJECT / "dvc.yaml").read_text("utf-8"))


@cache
def graph() -> grimp.ImportGraph:
    """Return who imports whom, imports inside of functions too."""
    return grimp.build_graph(*OURS, cache_dir=None)


def begins_with(stage: str) -> set[str]:
    """Return the modules whose code the command `stage STAGE` calls: what its function names in its body."""
    tree = ast.parse(STAGES.read_text("utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    function = functions[f"_{stage}"]
    names = {node.id for part in function.body for node in ast.walk(part) if isinstance(node, ast.Name)}
    inside = [node for node in ast.walk(function) if isinstance(node, ast.ImportFrom)]
    outside = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return {
        module_of(node.module or "", alias.name)
        for node in (*outside, *inside)
        for alias in node.names
        if (alias.asname or alias.name) in names and (node.module or "").startswith(OURS)
    }


def module_of(package: str, name: str) -> str:
    """Return the module that `from package import name` is about."""
    return f"{package}.{name}" if f"{package}.{name}" in graph().modules else package


def code_of(stage: str) -> set[str]:
    """Return the files that a stage runs, as far as they are ours."""
    found, todo = set[str](), begins_with(stage)
    while todo:
        found |= todo
        todo = {one for module in todo for one in graph().find_modules_directly_imported_by(module)} - found
    files = {file_of(module) for module in found}
    read = {other for file in files for other in read_by(file)}
    return files | read | {other for file in read for other in included_by(file)}


def read_by(file: str) -> set[str]:
    """Return the files beside the code that a module names, as it does its templates."""
    tree = ast.parse((PROJECT / file).read_text("utf-8"))
    said = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return {path for name, path in beside_the_code().items() if name in said}


def included_by(file: str) -> set[str]:
    """Return the files that a template includes."""
    named = re.findall(r'{% include "(.*?)" %}', (PROJECT / file).read_text("utf-8"))
    return {beside_the_code()[name] for name in named}


@cache
def beside_the_code() -> dict[str, str]:
    files = [file for root in OURS for file in (PROJECT / root).rglob("*.*") if file.is_file()]
    kept = [file for file in files if file.suffix not in (".py", ".pyc")]
    return {file.name: file.relative_to(PROJECT).as_posix() for file in kept}


def file_of(module: str) -> str:
    path = Path(*module.split("."))
    return f"{path}/__init__.py" if (PROJECT / path).is_dir() else f"{path}.py"


def code_deps(stage: str) -> list[str]:
    """Return what a stage names of our code, files and folders."""
    own = next(one["own"] for one in FLOW["vars"] if "own" in one)
    deps = [dep.replace("${own}", own) for dep in FLOW["stages"][stage]["deps"]]
    return [dep for dep in deps if dep.startswith(OURS)]


def covers(dep: str, file: str) -> bool:
    return file == dep or file.startswith(f"{dep}/")


@pytest.mark.parametrize("stage", FLOW["stages"])
def test_a_stage_depends_on_all_code_that_it_runs(stage: str) -> None:
    deps = code_deps(stage)
    lacking = sorted(file for file in code_of(stage) if not any(covers(dep, file) for dep in deps))
    assert not lacking, f"add to the deps of {stage} in dvc.yaml: {lacking}"


@pytest.mark.parametrize("stage", FLOW["stages"])
def test_a_stage_depends_on_no_code_that_it_does_not_run(stage: str) -> None:
    files = code_of(stage)
    spare = [dep for dep in code_deps(stage) if not any(covers(dep, file) for file in files)]
    assert not spare, f"remove from the deps of {stage} in dvc.yaml: {spare}"
