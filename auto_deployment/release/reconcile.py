"""What really runs, what should run, and the one step between both. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

CANARY_NAME = "canary"
STABLE_NAMES = ("stable-1", "stable-2")
NAMES = (*STABLE_NAMES, CANARY_NAME)


@dataclass(frozen=True, slots=True)
class Observed:
    """One instance as it really is. Times are as far as the controller remembers."""

    release: str | None = None  # of its image, None: there is no container
    well: bool = False  # it runs and its health check says so
    fresh: bool = False  # it was started and has not been well yet
    restarts: int = 0  # by Docker and by the controller
    unwell_s: float = 0.0  # for how long it has not been well with what it should run
    serving_s: float = 0.0  # for how long it has been well, as it should be, and in NGINX's upstream
    wanted: str | None = None  # what it should run as these times have it


@dataclass(frozen=True, slots=True)
class Desired:
    """What should be: each instance's release (None: no container), and who gets requests."""

    releases: Mapping[str, str | None]
    serving: tuple[str, ...]
    salt: str


@dataclass(frozen=True, slots=True)
class Traffic:
    """What NGINX was told."""

    names: frozenset[str]
    salt: str
    # Of `names`, as they were told; empty: not known. Whoever tells NGINX takes them from the settings.
    weights: Mapping[str, int] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class SetTraffic:
    """Tell NGINX who gets requests."""

    traffic: Traffic


@dataclass(frozen=True, slots=True)
class StartInstance:
    """Put a container of this release in the place of what is there; `again`: of the same release."""

    name: str
    release: str
    again: bool


@dataclass(frozen=True, slots=True)
class RemoveInstance:
    """Remove the container."""

    name: str


Step = SetTraffic | StartInstance | RemoveInstance


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long an instance may be unwell before it is recreated: after a start, and else."""

    fresh_s: float
    unwell_s: float

    def is_over(self, one: Observed) -> bool:
        return not one.well and one.unwell_s > (self.fresh_s if one.fresh else self.unwell_s)

    def is_starting(self, one: Observed) -> bool:
        """Tell whether others wait for this one: not for as long as it may take that never gets well."""
        return one.release is not None and one.fresh and not one.well and one.unwell_s <= self.unwell_s


def next_step(
    desired: Desired, observed: Mapping[str, Observed], traffic: Traffic, timeouts: Timeouts
) -> Step | None:
    """Return the step towards what is desired, None when nothing is to be done right now.

    A container that serves gets no request any more when it is stopped, and never are all taken out.
    """
    towards = _towards(desired, observed, traffic)
    if towards is not None and towards.traffic.salt == traffic.salt and towards.traffic.names > traffic.names:
        return towards  # who is well serves, whatever else is wrong
    for name in _in_order(desired, observed, timeouts):
        if desired.releases[name] is not None and _another_starts(name, observed, timeouts):
            continue
        if _is_last_stable(name, observed, traffic):
            continue
        others_serve = any(observed[other].well for other in traffic.names - {name})
        if desired.releases[name] is None and name in traffic.names and not others_serve:
            return towards
        if name not in traffic.names or not (others_serve or observed[name].well):
            return _change(name, desired, observed[name])
        if others_serve:
            return SetTraffic(Traffic(traffic.names - {name}, traffic.salt))
    return towards


def without(
    name: str, desired: Desired, observed: Mapping[str, Observed]
) -> tuple[Desired, Mapping[str, Observed]]:
    """Return both as if nothing had to be done for this instance."""
    return replace(desired, releases={**desired.releases, name: None}), {**observed, name: Observed()}


def tracks_present(observed: Mapping[str, Observed], traffic: Traffic) -> bool:
    """Both tracks get requests and have a container, well or not: a canary that ends again is evidence."""
    stable = any(name in traffic.names and observed[name].release is not None for name in STABLE_NAMES)
    return stable and CANARY_NAME in traffic.names and observed[CANARY_NAME].release is not None


def weights_there(observed: Mapping[str, Observed], traffic: Traffic) -> dict[str, int]:
    """Return the weights of who gets requests and has a container; empty: not known."""
    return {name: weight for name, weight in traffic.weights.items() if observed[name].release is not None}


def _in_order(desired: Desired, observed: Mapping[str, Observed], timeouts: Timeouts) -> list[str]:
    """Return the instances that must change: a rejected canary first, then those that serve nobody well."""
    wrong = [
        name
        for name in (CANARY_NAME, *STABLE_NAMES)
        if observed[name].release != desired.releases[name]
        or (desired.releases[name] is not None and timeouts.is_over(observed[name]))
    ]
    return sorted(wrong, key=lambda name: (desired.releases[name] is not None, observed[name].well))


def _another_starts(name: str, observed: Mapping[str, Observed], timeouts: Timeouts) -> bool:
    """Two that start at once take the processor from who serves. No stable waits for a canary."""
    return any(timeouts.is_starting(observed[other]) for other in STABLE_NAMES if other != name)


def _is_last_stable(name: str, observed: Mapping[str, Observed], traffic: Traffic) -> bool:
    """Tell whether users of stable have nobody else: a candidate does not get them all."""
    serving = [one for one in STABLE_NAMES if one in traffic.names and observed[one].well]
    return serving == [name]


def _change(name: str, desired: Desired, observed: Observed) -> Step:
    wanted = desired.releases[name]
    if wanted is None:
        return RemoveInstance(name)
    return StartInstance(name, wanted, again=observed.release == wanted)


def _towards(desired: Desired, observed: Mapping[str, Observed], traffic: Traffic) -> SetTraffic | None:
    """An instance comes in once it is well; one that falls ill stays, NGINX leaves it alone by itself.

    Who serves well stays until another does, whatever it runs: an old release is better than no answer, and
    than a candidate for everybody. Not so a canary that has to go: who aborted it wants the static list
    rather than its answers.
    """
    names = frozenset(
        name
        for name in desired.serving
        if observed[name].release == desired.releases[name] and (observed[name].well or name in traffic.names)
    )
    well, may_stay = {name for name in names if observed[name].well}, _may_stay(desired, traffic)
    if not well.intersection(STABLE_NAMES):
        names |= {name for name in may_stay & set(STABLE_NAMES) if observed[name].well}
    if not well:
        names |= {name for name in may_stay if observed[name].well}
    names = names or may_stay or frozenset(desired.serving)
    wanted = Traffic(names, desired.salt)
    return None if wanted == traffic else SetTraffic(wanted)


def _may_stay(desired: Desired, traffic: Traffic) -> frozenset[str]:
    return frozenset(name for name in traffic.names if desired.releases[name] is not None)
