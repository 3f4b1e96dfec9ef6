"""The variables of a job: read once, and all that are missing named at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NEEDED = {
    "DEPLOY_HOST": "the server's name or address",
    "DEPLOY_SSH_KEY": "the private key of the account that deploys (type: file)",
    "DEPLOY_KNOWN_HOSTS": "the server's host keys, as setup-host.sh prints them (type: file)",
}


class VariablesError(Exception):
    """Variables are missing or cannot be used; the message names all of them."""


@dataclass(frozen=True, slots=True)
class DeployServer:
    """Where the server is and how we prove who we are there."""

    host: str
    port: int
    user: str
    key: Path
    known_hosts: Path


def server_of(env: Mapping[str, str]) -> DeployServer:
    """Return the server; raise `VariablesError` before anything is sent anywhere."""
    missing = [f"{name} ({what})" for name, what in NEEDED.items() if not env.get(name)]
    if missing:
        raise VariablesError(
            f"Not set: {'; '.join(missing)}. Settings > CI/CD > Variables of the project; docs/gitlab.md."
        )
    files = {name: Path(env[name]) for name in ("DEPLOY_SSH_KEY", "DEPLOY_KNOWN_HOSTS")}
    if wrong := [name for name, path in files.items() if not path.is_file()]:
        raise VariablesError(f"{', '.join(wrong)}: has to be a variable of type file, not of type variable.")
    port = env.get("DEPLOY_PORT") or "22"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise VariablesError(f"DEPLOY_PORT is {port!r}: use a port number.")
    host, user = env["DEPLOY_HOST"], env.get("DEPLOY_USER") or "deploy"
    for name, value in (("DEPLOY_HOST", host), ("DEPLOY_USER", user)):
        if value.startswith("-") or not value.isprintable() or " " in value or "@" in value:
            raise VariablesError(f"{name} is {value!r}: one word, without a user or port in it.")
    return DeployServer(host, int(port), user, files["DEPLOY_SSH_KEY"], files["DEPLOY_KNOWN_HOSTS"])


def is_set(env: Mapping[str, str]) -> bool:
    """Tell whether a server is known at all."""
    return all(env.get(name) for name in NEEDED)
