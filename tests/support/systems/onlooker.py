"""A container beside a system, which reads what releases and NGINX have written, whatever is up or down."""

import json
import math
import os
import subprocess
import time
from dataclasses import dataclass
from email import message_from_string
from email.policy import default
from pathlib import Path
from typing import Any

from tests.support.systems.containers import StackError, docker

FOLDER = "/seen"
# What a test's override adds to the system. Nothing restarts it, no release knows of it.
SERVICE = {
    "image": "${MARQUEE_IMAGE}-nginx:latest",
    "entrypoint": ["sleep", "infinity"],
    "user": "10001:10001",
    "network_mode": "none",
    "init": True,
    "healthcheck": {"disable": True},
    "volumes": [f"{name}:{FOLDER}/{name}:ro" for name in ("releases", "edge")],
}


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Asks with `cat`, ten times cheaper than with a command of Marquee's. As long as it is there, so is a
    disk that is in memory only: without it a reboot would lose what no reboot of a real disk loses.

    `seen` is its folder as this host's root sees it: a story asks thousands of times, and a process that
    starts in a container takes time from all who are measured. Without it they are asked in the container.
    """

    container: str
    seen: Path | None = None

    @classmethod
    def of(cls, container: str) -> "Onlooker":
        """Return the one in this container; `seen` is for this host's root, and an engine on this host."""
        pid = docker("inspect", "--format", "{{.State.Pid}}", container)
        seen = Path(f"/proc/{pid}/root{FOLDER}")
        return cls(container, seen if os.access(seen / "releases", os.R_OK) else None)

    def releases(self, last: int = 1) -> list[dict[str, Any]]:
        """Return the records of the last releases, the newest one last."""
        newest = f"ls $SEEN/releases/[0-9]*.json 2>/dev/null | tail -n {last}"
        return [json.loads(line) for line in self._lines(f"for one in $({newest}); do cat $one; echo; done")]

    def serving(self) -> str:
        """Return the code revision that releases say serves everybody."""
        return str(self._record("serving")["code_revision"])

    def rejected(self) -> set[str]:
        """Return the code revisions that releases have rejected."""
        return {one["code_revision"] for one in self._record("rejected") or ()}

    def mails(self, place: str = "") -> list[str]:
        """Return the subjects of all mails of the outbox, or of those in one of its places."""
        found = f"find $SEEN/releases/outbox/{place} -name '*.eml'"
        return self._lines(f"cat $({found}) </dev/null | grep -i ^subject: || true")

    def texts(self, word: str) -> list[str]:
        """Return the plain text of each mail of the outbox whose subject has this word."""
        found = self._lines(f"grep -rliE '^subject:.*{word}' $SEEN/releases/outbox || true")
        mails = ["\n".join(self._lines(f"cat {one}")) for one in found]
        parts = [message_from_string(one, policy=default).get_body(("plain",)) for one in mails]
        return [" ".join(part.get_content().split()) for part in parts if part is not None]

    def edge_lines(self, since_s: float = 0.0) -> list[dict[str, Any]]:
        """Return what NGINX has noted of users since that time of the clock, in no order."""
        minutes = math.ceil((time.time() - since_s) / 60) + 1
        files = f"find $SEEN/edge/logs -name 'edge.log*' -mmin -{minutes}"
        found = (json.loads(line) for line in self._lines(f"cat $({files}) </dev/null"))
        return [line for line in found if line["user"]]

    def _record(self, name: str) -> Any:
        return json.loads("\n".join(self._lines(f"cat $SEEN/releases/{name}.json || echo null")))

    def _lines(self, command: str) -> list[str]:
        if self.seen is None:
            given = ("--env", f"SEEN={FOLDER}", self.container)
            return docker("exec", *given, "sh", "-c", command).splitlines()
        environ = {**os.environ, "SEEN": str(self.seen)}
        done = subprocess.run(["sh", "-c", command], env=environ, capture_output=True, text=True, check=False)
        if done.returncode != 0:  # as `docker` says it
            raise StackError(f"{command}: {done.stderr.strip()[-2000:]}")
        return done.stdout.strip().splitlines()
