"""The variables of `retrain` and `schedule`: where versions go, and who we are there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from auto_deployment.config.env import SettingsError, secret

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


def publish_settings(env: Mapping[str, str]) -> PublishSettings:
    """Read and check them; raise `SettingsError` naming the one that cannot be used."""
    usual = PublishSettings()
    branch = _matching(env, "GIT_BRANCH", usual.git_branch, _REF, "a branch's name")
    way = env.get("PUBLISH") or usual.way
    if way not in WAYS:
        raise SettingsError(f"PUBLISH is {way!r}: use one of {', '.join(WAYS)}.")
    return PublishSettings(
        git_remote=env.get("GIT_REMOTE") or None,
        git_branch=branch,
        git_token=secret(env, "GIT_TOKEN"),
        git_ssh_key_file=_file(env, "GIT_SSH_KEY_FILE"),
        git_known_hosts_file=_file(env, "GIT_KNOWN_HOSTS_FILE"),
        git_author_name=_matching(env, "GIT_AUTHOR_NAME", usual.git_author_name, _LINE, "a name in one line"),
        git_author_email=_matching(env, "GIT_AUTHOR_EMAIL", usual.git_author_email, _LINE, "an address"),
        dvc_remote=env.get("DVC_REMOTE") or None,
        way=way,
    )


def _file(env: Mapping[str, str], name: str) -> str | None:
    path = env.get(name) or None
    if path is not None and not Path(path).is_file():
        raise SettingsError(f"{name} is {path!r}, which is no file.")
    return path


def _matching(env: Mapping[str, str], name: str, usual: str, form: str, what: str) -> str:
    text = env.get(name) or usual
    if not re.fullmatch(form, text):
        raise SettingsError(f"{name} is {text!r}: use {what}.")
    return text
