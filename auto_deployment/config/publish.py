"""The variables of `retrain` and `schedule`: where versions go, and who we are there."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from auto_deployment.config.env import Variables, existing_file, matching, one_of, secret

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
        shown = f"git {git} {self.git_branch}, DVC {dvc}, {self.way}"
        for word in self.secrets():
            shown = shown.replace(word, "***")
        return shown

    def secrets(self) -> list[str]:
        """Return what nobody may see: the token, and passwords in addresses, as written and as meant."""
        written = [password_of(remote) for remote in (self.git_remote, self.dvc_remote) if remote]
        found = [self.git_token or "", *written, *(unquote(one) for one in written)]
        return sorted({one for one in found if one}, key=len, reverse=True)


def password_of(address: str) -> str:
    """Return the password of https://name:password@host, empty where there is none."""
    try:
        return urlsplit(address).password or ""
    except ValueError:
        return ""


_REF = r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}"
_LINE = r"[^\x00-\x1f<>]{1,200}"
VARIABLES: Variables = {
    "GIT_REMOTE": ("git_remote", str),
    "GIT_BRANCH": ("git_branch", matching(_REF, "a branch's name")),
    **secret("GIT_TOKEN", "git_token"),
    "GIT_SSH_KEY_FILE": ("git_ssh_key_file", existing_file),
    "GIT_KNOWN_HOSTS_FILE": ("git_known_hosts_file", existing_file),
    "GIT_AUTHOR_NAME": ("git_author_name", matching(_LINE, "a name in one line")),
    "GIT_AUTHOR_EMAIL": ("git_author_email", matching(_LINE, "an address")),
    "DVC_REMOTE": ("dvc_remote", str),
    "PUBLISH": ("way", one_of(WAYS)),
}
