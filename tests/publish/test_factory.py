"""What the programs of a cycle find in their environment."""

import sys
from pathlib import Path

import pytest

from auto_deployment.config.publish import PublishSettings
from auto_deployment.publish import factory


def test_what_is_imported_is_compiled_once_for_all_processes_of_a_cycle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a container nothing may be written beside the libraries, and nothing is."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    publishing = factory.build(tmp_path / "cycle", PublishSettings())
    library = tmp_path / "library"
    library.mkdir()
    (library / "slow_to_compile.py").write_text("", "utf-8")
    words = [sys.executable, "-c", f"import sys; sys.path.append({str(library)!r}); import slow_to_compile"]
    publishing.commands.at(tmp_path).run(words)
    (compiled,) = publishing.layout.bytecode.rglob("slow_to_compile.*")
    assert [file.name for file in library.iterdir()] == ["slow_to_compile.py"]
    written = compiled.stat().st_mtime_ns
    publishing.commands.at(tmp_path).run(words)
    assert compiled.stat().st_mtime_ns == written


def test_who_has_named_a_place_for_what_is_compiled_finds_it_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path / "given"))
    publishing = factory.build(tmp_path / "cycle", PublishSettings())
    (tmp_path / "compiled_once.py").write_text("", "utf-8")
    publishing.commands.at(tmp_path).run([sys.executable, "-c", "import compiled_once"])
    assert list((tmp_path / "given").rglob("compiled_once.*"))
    assert not publishing.layout.bytecode.exists()
