"""What the cycle's clone knows of published versions."""

from collections.abc import Iterable
from pathlib import Path

from auto_deployment.publish.commands import Commands
from auto_deployment.publish.repository import TAGS, Repository
from tests.support.git import GIT_IDENTITY, git

V = [f"2026030{day}T1200-0000000{day}" for day in range(1, 4)]


def test_what_all_tags_say_is_asked_once_however_many_there_are(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "a subject\n\nand a text")
    for version in V[:2]:
        git(tmp_path, "tag", "--annotate", f"{TAGS}{version}", "-m", f"{version}\n\n{{\n 1\n}}")
    git(tmp_path, "tag", f"{TAGS}{V[2]}")
    git(tmp_path, "tag", f"{TAGS}of-somebody-else")
    started: list[int] = []

    def remember(pids: Iterable[int]) -> None:
        started.extend(pids)

    messages = Repository(Commands(tmp_path, GIT_IDENTITY, remember), "", "main").messages()
    assert {version: text.strip() for version, text in messages.items()} == {
        V[0]: f"{V[0]}\n\n{{\n 1\n}}",
        V[1]: f"{V[1]}\n\n{{\n 1\n}}",
        V[2]: "a subject\n\nand a text",
    }
    assert len(started) == 1
