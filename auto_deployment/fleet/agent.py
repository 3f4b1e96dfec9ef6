"""One look of the agent: what is wanted is brought, linked, confirmed, and what nobody needs goes."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from auto_deployment.fleet.asked import begun, failed, judged, missing, not_kept
from auto_deployment.fleet.channels import Channels
from auto_deployment.fleet.errors import (
    DamagedError,
    FleetError,
    RejectedError,
    RoomError,
    StoppedError,
)
from auto_deployment.fleet.orders import Do, Order
from auto_deployment.fleet.params import FleetParams
from auto_deployment.fleet.pull import Puller
from auto_deployment.fleet.service import Answers
from auto_deployment.fleet.state import AgentState, ChannelState, read_state, write_state
from auto_deployment.fleet.store import ModelStore
from auto_deployment.fleet.throttle import MB
from auto_deployment.fleet.volume import Disk, Volume, prunable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AgentParts:
    """Everything outside that an agent reaches; `services` has a row for each channel that it follows."""

    node: str
    store: ModelStore
    volume: Volume
    puller: Puller
    services: Mapping[str, Answers | None]  # None: nobody tells what is served
    state_file: Path


class Agent:
    """Looks again and again; what it must not forget is in its state file."""

    def __init__(self, parts: AgentParts, params: FleetParams, clock: Callable[[], float]) -> None:
        self._parts, self._params, self._clock = parts, params, clock
        self._volume = parts.volume
        self.state = read_state(parts.state_file)

    def look(self, orders: Sequence[Order] | None = None) -> AgentState:
        """Do what is to be done now and return how things stand; what fails stands in the state.

        `orders` is all that the master still asks for, None where it has not answered yet.
        """
        channels, fault = self._read_channels()
        refused = self.state.refused if channels is None or channels.change == self.state.change else {}
        self.state = replace(
            self.state,
            node=self._parts.node,
            model=self._parts.store.name,
            at=self._clock(),
            store_fault=fault,
            refused=refused,
            change=self.state.change if channels is None else channels.change,
        )
        before = self.state
        self.state, new = begun(orders, self.state, self._parts.services)
        seen = {name: self._seen(name, channels) for name in self._parts.services}
        self.state = replace(self.state, channels={**seen, **self._linked_again(new, seen)})
        self._bring(orders)
        for name in self._parts.services:
            self._note(name, self._follow(name, self.state.channels[name], away=channels is None))
        self._prune(0 if any(one.do == Do.PRUNE for one in new) else self._params.keep)
        self.state = replace(self.state, at=self._clock(), versions=tuple(self._volume.versions()))
        self.state = judged(orders, self.state, self._params.confirm_max_s)
        if not write_state(self._parts.state_file, self.state):
            self.state = not_kept(before, self.state)
        return self.state

    def disk(self) -> Disk:
        return self._volume.disk(self._params.min_free_mb * MB)

    def _read_channels(self) -> tuple[Channels | None, str]:
        try:
            return self._parts.store.channels().channels, ""
        except FleetError as error:
            return None, str(error)

    def _seen(self, name: str, channels: Channels | None) -> ChannelState:
        """Return a channel as it is before anything is done; without the store the last wish holds."""
        before = self.state.channels.get(name, ChannelState())
        wanted = before.wanted if channels is None else channels.wanted.get(name)
        pinned, linked = self.state.pins.get(name), self._volume.link(name)
        return self._timed(replace(before, wanted=wanted, pinned=pinned, linked=linked, fault=""))

    def _linked_again(
        self, new: Sequence[Order], seen: Mapping[str, ChannelState]
    ) -> dict[str, ChannelState]:
        return {
            name: self._switch(name, channel, channel.linked)
            for order in new
            for name, channel in seen.items()
            if order.do == Do.RELOAD and channel.linked and order.channel in ("", name)
        }

    def _bring(self, orders: Sequence[Order] | None) -> None:
        """Bring what was asked for by its name, and leave aside what will not come."""
        for version in missing(orders, self.state, self._volume.has):
            try:
                self._pull(version)
            except StoppedError:
                raise
            except (FleetError, OSError) as error:
                self.state = failed(orders, self.state, version, error)

    def _note(self, name: str, channel: ChannelState) -> None:
        self.state = replace(self.state, channels={**self.state.channels, name: self._timed(channel)})

    def _timed(self, channel: ChannelState) -> ChannelState:
        """Say since when another version is to serve than answers, from before a pull on."""
        behind = channel.target is not None and channel.confirmed != channel.target
        return replace(channel, behind_since=(channel.behind_since or self._clock()) if behind else None)

    def _follow(self, name: str, channel: ChannelState, *, away: bool) -> ChannelState:
        wanted = channel.target
        if wanted is None:
            fault = "" if away else f"Nothing is wanted: marquee fleet set {name} VERSION."
            return self._confirm(name, replace(channel, fault=fault))
        if wanted in self.state.refused:
            return self._confirm(name, replace(channel, fault=self.state.refused[wanted]))
        if channel.linked != wanted or not self._volume.has(wanted):
            try:
                if not self._volume.has(wanted):
                    self._pull(wanted)
                channel = self._switch(name, channel, wanted)
            except StoppedError:
                raise
            except (FleetError, OSError) as error:
                channel = replace(channel, fault=str(error))
        return self._confirm(name, channel)

    def _pull(self, version: str) -> None:
        try:
            try:
                self._parts.puller.pull(version)
            except RoomError:
                self._prune(0)
                self._volume.drop_staged((version,))
                self._parts.puller.pull(version)
        except (DamagedError, RejectedError) as error:
            self._refuse(version, str(error))
            raise
        log.info("%s is here", version)

    def _switch(self, name: str, channel: ChannelState, version: str) -> ChannelState:
        self._volume.switch(name, version)
        log.info("%s is what %s serves from now on", version, name)
        return replace(channel, linked=version, switched_at=self._clock())

    def _confirm(self, name: str, channel: ChannelState) -> ChannelState:
        """Ask the service; where it goes on with another model for too long, it gets that one back."""
        ask = self._parts.services[name]
        answers = channel.linked if ask is None else ask()
        channel = replace(channel, answers=answers)
        if answers is not None and answers == channel.linked:
            return replace(channel, confirmed=answers)
        late = self._clock() - channel.switched_at > self._params.confirm_max_s
        if answers is None or channel.linked is None or not late or channel.confirmed == channel.linked:
            return channel
        return self._go_back(name, channel, channel.linked, answers)

    def _go_back(self, name: str, channel: ChannelState, refused: str, answers: str) -> ChannelState:
        """Point serving to what it has kept, so that a restart finds a model that it takes."""
        sentence = (
            f"The service of {name} goes on with {answers}: it does not take {refused}; its log says why."
        )
        self._refuse(refused, sentence)
        channel = replace(channel, fault=sentence)
        if self._volume.has(answers):
            channel = replace(self._switch(name, channel, answers), confirmed=answers)
        return channel

    def _refuse(self, version: str, why: str) -> None:
        """Leave a version alone until the channels are set again."""
        log.error("%s", why)
        self.state = replace(self.state, refused={**self.state.refused, version: why})

    def _prune(self, keep: int) -> None:
        channels = self.state.channels.values()
        wanted = {version for one in channels for version in (one.wanted, one.pinned)} | {*self.state.asked}
        used = wanted | {version for one in channels for version in (one.linked, one.answers, one.confirmed)}
        gone: Sequence[str] = prunable(self._volume.versions(), {one for one in used if one}, keep)
        for version in gone:
            self._volume.remove(version)
            log.info("%s is removed from this node", version)
        self._volume.drop_staged({one for one in wanted if one} - {*self.state.refused})
