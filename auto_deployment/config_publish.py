"""The variables of `retrain` and `schedule`: where versions go, and who we are there."""

import re
from collections.abc import Mapping
from pathlib import Path

from auto_deployment.config_words import SettingsError, secret
from auto_deployment.publish.settings import WAYS, PublishSettings

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
