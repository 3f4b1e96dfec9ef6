"""What the controller asks of the world outside. Docker and plain processes implement these.

All that a port may raise for what goes wrong outside is `PortError`: the controller reports it, treats nobody
as guilty of it, and asks again at its next look. So every action may be repeated, also one that was carried
out in part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from auto_deployment.errors import MarqueeError
from auto_deployment.release.reconcile import Traffic
from auto_deployment.release.release import Build


class PortError(MarqueeError):
    """What is outside does not do what it was asked for, and says why; it may do so at the next look."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One instance at one moment; `release` None: nothing is there, not even something that has ended.

    `restarts` counts how often what is there has ended by itself since it was started.
    """

    release: str | None = None
    well: bool = False
    restarts: int = 0


class Instances(Protocol):
    """Whatever runs the instances; their names are those of `world.NAMES`."""

    def look(self) -> Mapping[str, Sighting]:
        """Return every instance as it is now; raise `PortError` when that cannot be told."""

    def start(self, name: str, release: str) -> None:
        """Put a new instance of this release in the place of what there is, without waiting until it is well.

        From now on it runs this release, after a reboot too. Raises `PortError`; what was there either still
        runs or is gone, and `look` says which.
        """

    def remove(self, name: str, stable: str) -> None:
        """End an instance; whoever starts it without us gives it the release `stable`. Raises `PortError`."""


class Images(Protocol):
    """Where builds are: images on this host, or folders of models."""

    def tag(self, name: str) -> str:
        """Return by which name `keep` finds a release, or what an instance runs."""

    def keep(self, image: str, may_move: bool = False) -> Build:
        """Give a build its name for ever; another one may lose that name only where `may_move`.

        Raises `BadInputError` where that is not so or `image` is no release, else `PortError`.
        """

    def releases(self) -> Sequence[str]:
        """Return the releases that can be started, the newest first. Raises `PortError`."""

    def forget(self, release: str) -> None:
        """Let a release go, which nobody starts any more. Raises `PortError`."""


class Edge(Protocol):
    """NGINX, which sends requests to instances."""

    def read(self) -> Traffic:
        """Return what NGINX was told last, whether it has taken it over or not. Raises `PortError`."""

    def write(self, traffic: Traffic) -> None:
        """Tell NGINX, which takes it over without losing a request, or reads it when it starts.

        Raises `PortError`; what NGINX refuses is taken back, so that it starts again with what it knows.
        """
