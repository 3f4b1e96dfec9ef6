"""What the repository promises about itself."""

import re
import subprocess
from collections.abc import Iterator, Mapping

import pytest

from auto_deployment import config
from tests.support.documents import DOCUMENTS, code_of
from tests.support.project import PROJECT

LOCKS = (
    "app/requirements.txt",
    "app/rpc/requirements.txt",
    "auto_deployment/requirements.txt",
    "requirements-dev.txt",
    "tests/fleet/s3.txt",
    "auto_deployment/training/train/engines/spark.txt",
)
VARIABLE = re.compile(r"^#?\s?([A-Z][A-Z0-9_]+)=", re.MULTILINE)


class RecordingEnviron(Mapping[str, str]):
    """An empty environment that remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def pinned(lock: str) -> dict[str, list[str]]:
    """Return package -> its pinned versions (more than one where they differ by Python version)."""
    found: dict[str, list[str]] = {}
    for name, version in re.findall(
        r"^([a-z0-9._-]+)==([^\s;\\]+)", (PROJECT / lock).read_text("utf-8"), re.MULTILINE
    ):
        found.setdefault(name, []).append(version)
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_pins_every_package_with_hashes_and_names_no_address(lock: str) -> None:
    text = (PROJECT / lock).read_text("utf-8")
    assert "://" not in text
    assert "--index" not in text
    blocks = re.split(r"^(?=[a-z0-9._-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(blocks) > (1 if lock.endswith("spark.txt") else 5)
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize("lock", LOCKS[:3])
def test_what_is_deployed_has_the_versions_that_are_tested(lock: str) -> None:
    tested = pinned("requirements-dev.txt")
    assert {name: versions for name, versions in pinned(lock).items() if tested.get(name) != versions} == {}


def test_every_variable_that_auto_deployment_reads_is_in_the_example_file() -> None:
    environ = RecordingEnviron()
    config.Settings.from_env(environ)
    documented = set(VARIABLE.findall((PROJECT / ".env.example").read_text("utf-8")))
    assert environ.asked
    assert environ.asked - documented == set()


def test_every_documented_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for document in DOCUMENTS:
        for target in re.findall(r"(?:^|`|=\S+ )make ([a-z]+)", "\n".join(code_of(document)), re.MULTILINE):
            assert target in targets, f"{document.name} names make {target}"


def test_no_document_links_to_a_file_that_is_not_there() -> None:
    for document in DOCUMENTS:
        for link in re.findall(r"\]\(([^)#:\s]+)[^):]*\)", document.read_text("utf-8")):
            assert (document.parent / link).exists(), f"{document.name} links to {link}"


def test_shell_scripts_parse_and_stop_at_the_first_failure() -> None:
    scripts = [*(PROJECT / "scripts").glob("*.sh"), *(PROJECT / "deploy").rglob("*.sh")]
    for script in [*scripts, PROJECT / ".ci" / "run"]:
        assert "set -euo pipefail" in script.read_text("utf-8"), script
        subprocess.run(["bash", "-n", str(script)], check=True)
        assert script.stat().st_mode & 0o111, f"{script} is not executable"
