"""Each line of `.env.example` says the same to Compose and to a shell, the commented ones as well."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from auto_deployment.config.mail import VARIABLES
from tests.support.project import PROJECT
from tests.support.systems.lab import require_program

LINE = re.compile(r"^#?\s?([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)
LINES = LINE.findall((PROJECT / ".env.example").read_text("utf-8"))
IN_QUOTES = {
    "SMTP_PASSWORD": "pa$$word #1 $HOME",
    "MAIL_FROM": "Marquee films <marquee@example.org>",
}


def files(folder: Path) -> list[tuple[Path, dict[str, str]]]:
    """Write the lines into as few files as give each name once a file."""
    parts: list[dict[str, str]] = []
    for name, written in LINES:
        part = next((one for one in parts if name not in one), None)
        if part is None:
            parts.append(part := {})
        part[name] = written
    found = []
    for number, part in enumerate(parts):
        path = folder / f"{number}.env"
        path.write_text("".join(f"{name}={written}\n" for name, written in part.items()), "utf-8")
        found.append((path, part))
    return found


def read_by(words: list[str], path: Path) -> dict[str, str]:
    environ = {"PATH": str(Path(words[0]).parent) + ":/usr/bin:/bin", "HOME": str(path.parent)}
    done = subprocess.run(words, cwd=path.parent, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def by_shell(path: Path, shell: str) -> dict[str, str]:
    return read_by([require_program(shell), "-c", f"set -aeu; . ./{path.name}; env"], path)


def by_compose(path: Path) -> dict[str, str]:
    """Ask Compose itself, which needs no engine for this."""
    docker = shutil.which("docker")
    if docker is None:
        pytest.skip("there is no docker command")
    compose = path.with_suffix(".yml")
    compose.write_text("services: {a: {image: none}}\n", "utf-8")
    return read_by(
        [docker, "compose", "--env-file", path.name, "-f", compose.name, "config", "--environment"], path
    )


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_compose_and_a_shell_read_every_line_the_same(tmp_path: Path, shell: str) -> None:
    told = files(tmp_path)
    assert sum(len(part) for _, part in told) == len(LINES) > 70
    for path, part in told:
        said, other = by_shell(path, shell), by_compose(path)
        assert {name: said[name] for name in part} == {name: other[name] for name in part}


def test_what_stands_in_quotes_is_read_as_it_stands(tmp_path: Path) -> None:
    found: dict[str, str] = {}
    for path, part in files(tmp_path):
        quoted = {name for name, written in part.items() if written.startswith("'")}
        said = by_shell(path, "sh")
        found |= {name: said[name] for name in quoted}
    assert found == IN_QUOTES
    _, sender = VARIABLES["MAIL_FROM"]
    assert sender(found["MAIL_FROM"]) == IN_QUOTES["MAIL_FROM"]
