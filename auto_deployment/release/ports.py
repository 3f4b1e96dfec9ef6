"""What the controller asks of the world outside. Docker, plain processes and Kubernetes implement these.

All that a port may raise for what goes wrong outside is `PortError`: the controller reports it, treats nobody
as guilty of it, and asks again at its next look. So every action may be repeated, also one that was carried
out in part. The controller does nothing else while it waits for a port: what may hang needs a time limit.
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
    """One instance at one moment. For how long it has been so, the controller counts itself."""

    # What it runs, by its content; any other text for what is no release, so that it is replaced; None for
    # nothing, not even something that has ended.
    release: str | None = None
    well: bool = False  # it runs, and its own health check says that it can serve
    restarts: int = 0  # how often it has ended by itself since `start` put it there


class Instances(Protocol):
    """Whatever runs the instances; their names are `reconcile.NAMES`."""

    def look(self) -> Mapping[str, Sighting]:
        """Return each of `NAMES` as it is now; raise `PortError` when that cannot be told of all of them."""

    def start(self, name: str, release: str) -> None:
        """Put a new instance of this release in the place of what there is, without waiting until it is well.

        `Images.keep` has named this release. From now on the instance runs it, after a reboot too. Raises
        `PortError`; what was there either still runs or is gone, and `look` says which.
        """

    def remove(self, name: str, stable: str) -> None:
        """End an instance, if there is one; whoever starts it without us gives it the release `stable`.

        Raises `PortError`; the instance either still runs or is gone.
        """


class Images(Protocol):
    """Where builds are: images on this host, or folders of models."""

    def tag(self, name: str) -> str:
        """Return by which name `keep` finds a release, or what an instance runs, without asking anybody."""

    def keep(self, image: str, may_move: bool = False) -> Build:
        """Find out what is in `image`, without running it, and give it the name of its release for ever.

        From then on `Instances.start` finds it by `Build.release`; with the same image again nothing changes.
        Where another image has that name, raise `BadInputError`, as what runs would not be what was tested;
        with `may_move`, as nothing was ever released under that name, it moves. Raises `BadInputError` also
        where `image` is no release, and `PortError` where nobody can tell.
        """

    def releases(self) -> Sequence[str]:
        """Return the ids of the releases that `keep` has named, the newest first. Raises `PortError`."""

    def forget(self, release: str) -> None:
        """Let a release go, which nobody starts any more. Raises `PortError`, perhaps as it is gone."""


class Edge(Protocol):
    """NGINX, which sends requests to instances.

    `Traffic.names` are those that get some: the canary its weight of the users and each stable its own, as
    `params.yaml` has them. With the same `salt` a user stays where he is; another one deals all users anew.
    """

    def read(self) -> Traffic:
        """Return what NGINX was told last, whether it has taken it over or not; no names, if nothing yet.

        Raises `PortError`.
        """

    def write(self, traffic: Traffic) -> None:
        """Tell NGINX, which takes it over without losing a request, or reads it when it starts.

        `traffic` has one name at least. The same again is taken over again: after a failure the controller
        asks for that. Raises `PortError`; what NGINX refuses is taken back, so that it starts again with what
        it knows.
        """
