"""Builds what a cycle publishes with, from settings."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from auto_deployment.config.publish import PublishSettings
from auto_deployment.host.processes import remember
from auto_deployment.paths import CycleLayout
from auto_deployment.publish.commands import Commands
from auto_deployment.publish.data_versions import DataVersions
from auto_deployment.publish.repository import Repository

ASKPASS = '#!/bin/sh\ncase "$1" in Username*) echo oauth2 ;; *) echo "$MARQUEE_GIT_TOKEN" ;; esac\n'


@dataclass(frozen=True, slots=True)
class Publishing:
    """The clone, its data, and the programs that work on them."""

    layout: CycleLayout
    commands: Commands
    repository: Repository
    data: DataVersions


def build(cycle: Path, settings: PublishSettings) -> Publishing:
    """Wire everything for one `DATA_DIR/cycle`; nothing is contacted."""
    layout = CycleLayout.below(cycle)
    layout.root.mkdir(parents=True, exist_ok=True)
    layout.askpass.write_text(ASKPASS, "utf-8")
    layout.askpass.chmod(0o700)

    def note(pids: Iterable[int]) -> None:
        remember(layout.children, pids)

    commands = Commands(layout.clone, git_environ(settings, layout), note, settings.secrets())
    return Publishing(
        layout,
        commands,
        Repository(commands, settings.git_remote or str(layout.git_remote), settings.git_branch),
        DataVersions(commands, settings.dvc_remote or str(layout.dvc_remote), layout.dvc_cache),
    )


def git_environ(settings: PublishSettings, layout: CycleLayout) -> dict[str, str]:
    """Return what makes git ask nobody, know who commits, and use our key or token."""
    who = {"NAME": settings.git_author_name, "EMAIL": settings.git_author_email}
    environ = {f"GIT_{role}_{part}": text for role in ("AUTHOR", "COMMITTER") for part, text in who.items()}
    environ |= {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": "/dev/null", "DVC_NO_ANALYTICS": "true"}
    # With a damaged clone git would look further up, and find the checkout that DATA_DIR may lie in.
    environ["GIT_CEILING_DIRECTORIES"] = f"{layout.root}:{layout.root.parent}"
    environ |= {"LC_ALL": "C", "LANGUAGE": "C"}  # what git says is read
    # DVC asks who we are; in a container our number has no name.
    environ["LOGNAME"] = os.environ.get("LOGNAME") or "marquee"
    environ["DVC_SITE_CACHE_DIR"] = str(layout.dvc_site)  # its default is outside of any volume
    # In a container nothing can be written beside the libraries: each process of the flow would compile them.
    bytecode = os.environ.get("PYTHONPYCACHEPREFIX") or str(layout.bytecode)
    environ |= {"PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
    if settings.git_token:
        environ |= {"GIT_ASKPASS": str(layout.askpass), "MARQUEE_GIT_TOKEN": settings.git_token}
    if settings.git_ssh_key_file:
        words = ["ssh", "-i", f"'{settings.git_ssh_key_file}'", "-o IdentitiesOnly=yes", "-o BatchMode=yes"]
        if settings.git_known_hosts_file:
            words.append(f"-o UserKnownHostsFile='{settings.git_known_hosts_file}'")
        environ["GIT_SSH_COMMAND"] = " ".join([*words, "-o StrictHostKeyChecking=yes"])
    return environ
