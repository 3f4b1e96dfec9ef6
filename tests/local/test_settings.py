"""Where a local run listens, and what its code is called."""

from pathlib import Path

import pytest

from auto_deployment.config import LocalAddresses, Settings, SettingsError
from auto_deployment.local.revision import code_revision
from tests.support.git import git


def test_by_default_only_this_host_reaches_the_service_on_port_8082() -> None:
    assert Settings.from_env({}).local == LocalAddresses("127.0.0.1", 8082, 18082, 18000, 18001)


def test_addresses_come_from_the_environment() -> None:
    environ = {"MARQUEE_HOST": "0.0.0.0", "MARQUEE_PORT": "80", "STABLE_PORT": "81", "CANARY_PORT": "82"}
    assert Settings.from_env(environ).local == LocalAddresses("0.0.0.0", 80, 18082, 81, 82)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MARQUEE_HOST", "localhost"),
        ("MARQUEE_HOST", "::1"),
        ("MARQUEE_PORT", "0"),
        ("MARQUEE_PORT", "65536"),
        ("STABLE_PORT", "8e3"),
        ("CANARY_PORT", "18000"),
        ("NGINX_STATUS_PORT", "8082"),
        ("CODE_REVISION", "a b"),
        ("CODE_REVISION", "../a"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({name: value})


def test_code_is_named_after_its_commit_and_says_when_files_were_changed(tmp_path: Path) -> None:
    git(tmp_path, "init")
    (tmp_path / "file").write_text("one", "utf-8")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "-m", "one")
    clean = code_revision(tmp_path)
    assert len(clean) == 8
    (tmp_path / "file").write_text("two", "utf-8")
    assert code_revision(tmp_path) == f"{clean}-dirty"


def test_code_without_a_repository_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert code_revision(tmp_path) == "unknown"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code_revision(tmp_path) == "unknown"
