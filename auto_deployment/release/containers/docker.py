"""Docker's command line, called with time limits; the only place that reaches the engine."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field

from auto_deployment.host.durations import duration
from auto_deployment.release.ports import PortError

USUAL_S = 60.0
NOT_THERE = re.compile("no such|could not find the file", re.IGNORECASE)


class DockerError(PortError):
    """The engine does not do what it was asked for. The message is its own."""


class NotThereError(DockerError):
    """The engine answered that something does not exist."""


@dataclass(frozen=True, slots=True)
class Docker:
    """Runs `docker ...`; `environ` is what Compose fills into the project's file."""

    environ: Mapping[str, str] = field(default_factory=dict)

    def run(self, *words: str, timeout_s: float = USUAL_S) -> str:
        """Return what the command prints; raise `DockerError` with its complaint."""
        return self.read(*words, timeout_s=timeout_s).decode(errors="replace").strip()

    def read(self, *words: str, timeout_s: float = USUAL_S) -> bytes:
        """Return the bytes that the command prints."""
        what = f"docker {' '.join(words[:6])}"
        try:
            done = subprocess.run(
                ["docker", *words],
                capture_output=True,
                check=False,
                timeout=timeout_s,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **self.environ},
            )
        except FileNotFoundError:
            raise DockerError("There is no docker command here: install Docker's client.") from None
        except OSError as error:  # no process can be started: of memory, or of processes, there are no more
            raise DockerError(f"{what}: {error.strerror}.") from error
        except subprocess.TimeoutExpired:
            raise DockerError(f"{what}: no answer within {duration(timeout_s)}.") from None
        if done.returncode != 0:
            complaint = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
            kind = NotThereError if NOT_THERE.search(complaint[-1]) else DockerError
            raise kind(f"{what}: {complaint[-1]}")
        return done.stdout
