"""What an agent tells the master: lengths of time only, as the clocks of nodes need not agree with ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from auto_deployment.errors import BadInputError
from auto_deployment.fleet.names import channel_name, model_name, version_name
from auto_deployment.fleet.orders import DONE, FAILED, UNDER_WAY, Order, Outcome
from auto_deployment.fleet.state import AgentState, ChannelState
from auto_deployment.host.codec import LATER

LONGEST_SENTENCE = 500


@dataclass(frozen=True, slots=True)
class ChannelReport:
    """Where one channel stands on a node."""

    wanted: str | None
    linked: str | None
    answers: str | None
    confirmed: str | None
    pinned: str | None = field(default=None, metadata=LATER)
    linked_s: float | None = field(default=None, metadata=LATER)  # for how long
    behind_s: float | None = field(default=None, metadata=LATER)
    fault: str = field(default="", metadata=LATER)

    @property
    def target(self) -> str | None:
        return self.pinned or self.wanted

    def used(self) -> set[str]:
        """Return the versions that this channel would miss."""
        return {one for one in (self.pinned, self.linked, self.answers, self.confirmed) if one}


@dataclass(frozen=True, slots=True)
class Report:
    """One agent: of a node, and of a model."""

    model: str
    channels: Mapping[str, ChannelReport]
    versions: tuple[str, ...]
    looked_s: float | None = field(default=None, metadata=LATER)  # since the last look; None: not yet
    store_fault: str = field(default="", metadata=LATER)
    refused: Mapping[str, str] = field(default_factory=dict, metadata=LATER)
    asked: tuple[str, ...] = field(default=(), metadata=LATER)
    outcomes: Mapping[str, Outcome] = field(default_factory=dict, metadata=LATER)
    free_bytes: int | None = field(default=None, metadata=LATER)

    def check(self) -> None:
        """Raise `BadInputError` for a name that no fleet has, or a length of time that is none."""
        model_name(self.model)
        for version in (*self.versions, *self.refused, *self.asked):
            version_name(version)
        for name, channel in self.channels.items():
            channel_name(name)
            for version in channel.used() | ({channel.wanted} if channel.wanted else set()):
                version_name(version)
        if others := {one.how for one in self.outcomes.values()} - {UNDER_WAY, DONE, FAILED}:
            raise BadInputError(f"{min(others)[:40]!r} is no outcome of an order.")
        lengths = [self.looked_s, self.free_bytes]
        lengths += [length for one in self.channels.values() for length in (one.linked_s, one.behind_s)]
        if any(one is not None and one < 0 for one in lengths):
            raise BadInputError("Lengths of time and numbers of bytes must not be negative.")


@dataclass(frozen=True, slots=True)
class Told:
    """The master's answer to a report: what is still to be done, in this order."""

    orders: tuple[Order, ...]


def report_of(state: AgentState, free_bytes: int | None, now: float) -> Report:
    """Return what to tell of an agent's state. Pure."""
    return Report(
        model=state.model,
        channels={name: _channel(one, now) for name, one in state.channels.items()},
        versions=state.versions,
        looked_s=max(0.0, now - state.at) if state.at else None,
        store_fault=_cut(state.store_fault),
        refused={version: _cut(why) for version, why in state.refused.items()},
        asked=state.asked,
        outcomes={id_: Outcome(one.how, _cut(one.said)) for id_, one in state.orders.items()},
        free_bytes=free_bytes,
    )


def _channel(state: ChannelState, now: float) -> ChannelReport:
    return ChannelReport(
        wanted=state.wanted,
        linked=state.linked,
        answers=state.answers,
        confirmed=state.confirmed,
        pinned=state.pinned,
        linked_s=max(0.0, now - state.switched_at) if state.switched_at else None,
        behind_s=None if state.behind_since is None else max(0.0, now - state.behind_since),
        fault=_cut(state.fault),
    )


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SENTENCE else f"{text[: LONGEST_SENTENCE - 3]}..."
