"""Where versions are published, and who we are there."""

from dataclasses import dataclass

PUSH, MERGE_REQUEST = "push", "merge-request"
WAYS = (PUSH, MERGE_REQUEST)


@dataclass(frozen=True, slots=True)
class PublishSettings:
    """None as remotes: folders below `DATA_DIR/cycle` take their place, so that everything works at once."""

    git_remote: str | None = None
    git_branch: str = "main"
    git_token: str | None = None  # for https
    git_ssh_key_file: str | None = None
    git_known_hosts_file: str | None = None
    git_author_name: str = "Marquee"
    git_author_email: str = "marquee@localhost"
    dvc_remote: str | None = None
    way: str = PUSH

    def shown(self) -> str:
        """Return what may stand in a log."""
        git, dvc = self.git_remote or "local", self.dvc_remote or "local"
        return f"git {git} {self.git_branch}, DVC {dvc}, {self.way}"
