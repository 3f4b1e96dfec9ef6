"""What orders mean for an agent's state, before a look and after it. Pure."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from auto_deployment.fleet.errors import StoreError
from auto_deployment.fleet.orders import DONE, FAILED, UNDER_WAY, Do, Order, Outcome
from auto_deployment.fleet.state import AgentState, ChannelState


def begun(
    orders: Sequence[Order] | None, state: AgentState, follows: Collection[str]
) -> tuple[AgentState, list[Order]]:
    """Return the state with what is asked for, and which orders are new.

    What the master no longer asks for has been told to it; None is no answer of it, and all stays.
    """
    if orders is None:
        return state, []
    new = [one for one in orders if one.id not in state.orders]
    state = replace(state, orders={one.id: state.orders[one.id] for one in orders if one.id in state.orders})
    for order in new:
        state = _begin(order, state, follows)
    return state, [one for one in new if state.orders[one.id].how == UNDER_WAY]


def missing(orders: Sequence[Order] | None, state: AgentState, has: Callable[[str], bool]) -> Iterator[str]:
    """Yield the versions that are asked for by name and are not here yet."""
    for order in _under_way(orders, state):
        if order.do == Do.PULL and order.version and not has(order.version):
            yield order.version


def failed(orders: Sequence[Order] | None, state: AgentState, version: str, error: Exception) -> AgentState:
    """Return the state after a version could not be brought: while only the store is away it may come yet."""
    how = UNDER_WAY if isinstance(error, StoreError) else FAILED
    for order in _under_way(orders, state):
        if order.do == Do.PULL and order.version == version:
            state = _with(state, order, Outcome(how, str(error)))
    if how == FAILED:
        state = replace(state, asked=tuple(one for one in state.asked if one != version))
    return state


def judged(orders: Sequence[Order] | None, state: AgentState, confirm_max_s: float) -> AgentState:
    """Return the state with what has come of each order after a look."""
    for order in _under_way(orders, state):
        state = _with(state, order, _outcome(order, state, confirm_max_s))
    return state


def not_kept(before: AgentState, state: AgentState) -> AgentState:
    """Return the state where it could not be written: what was done since would be forgotten by a restart."""
    said = Outcome(UNDER_WAY, "The node cannot write down what it was asked: make room on its disk.")
    ended = {
        id_
        for id_, one in state.orders.items()
        if one.how == DONE and before.orders.get(id_, said).how == UNDER_WAY
    }
    return replace(state, orders={**state.orders, **dict.fromkeys(ended, said)})


def _begin(order: Order, state: AgentState, follows: Collection[str]) -> AgentState:
    if order.channel and order.channel not in follows:
        return _with(state, order, Outcome(FAILED, f"This node does not follow {order.channel}."))
    outcome = Outcome(UNDER_WAY)
    # Whoever asks for a version knows that it was refused, and why.
    tried = {one: why for one, why in state.refused.items() if order.version not in ("", one)}
    match order.do:
        case Do.PIN:
            state = replace(state, pins={**state.pins, order.channel: order.version}, refused=tried)
        case Do.UNPIN:
            pins = {at: one for at, one in state.pins.items() if order.channel not in ("", at)}
            state, outcome = replace(state, pins=pins), Outcome(DONE)
        case Do.PULL:
            asked = tuple(sorted({*state.asked, order.version} - {""}))
            state = replace(state, asked=asked, refused=tried)
        case Do.PRUNE:
            state = replace(state, asked=())
        case Do.RELOAD:
            pass
        case _:
            outcome = Outcome(FAILED, "This agent does not know how: it is of an older version.")
    return _with(state, order, outcome)


def _outcome(order: Order, state: AgentState, confirm_max_s: float) -> Outcome:
    channels = {at: one for at, one in state.channels.items() if order.channel in ("", at)}
    if order.do == Do.PRUNE:
        return Outcome(DONE, f"This node holds {', '.join(state.versions) or 'nothing'}.")
    if order.do == Do.PULL and order.version:
        if order.version in state.versions:
            return Outcome(DONE, f"{order.version} is here.")
        if order.version not in state.asked:
            return Outcome(FAILED, "A prune that was asked for after it has removed it.")
        return state.orders[order.id]
    if order.do == Do.RELOAD:
        return _reloaded(channels, state.at, confirm_max_s)
    if order.do == Do.PIN:
        return _reached({at: order.version for at in channels}, state, serves=True)
    return _reached({at: one.wanted or "" for at, one in channels.items()}, state, serves=False)


def _reached(wanted: dict[str, str], state: AgentState, *, serves: bool) -> Outcome:
    """Tell whether channels have what is wanted of them: here, or serving as well."""
    for at, version in wanted.items():
        channel = state.channels[at]
        if version in state.refused:
            return Outcome(FAILED, state.refused[version])
        has = channel.confirmed == version if serves else version in state.versions
        if version and not has:
            return Outcome(UNDER_WAY, channel.fault)
    return Outcome(DONE, ", ".join(f"{at}: {version}" for at, version in wanted.items() if version))


def _reloaded(channels: dict[str, ChannelState], now: float, confirm_max_s: float) -> Outcome:
    for at, channel in channels.items():
        if channel.linked is None:
            return Outcome(FAILED, f"{at} has no model here that could be linked again.")
        if channel.answers != channel.linked:
            said = f"The service of {at} answers {channel.answers or 'nothing'}, not {channel.linked}."
            return Outcome(FAILED if now - channel.switched_at > confirm_max_s else UNDER_WAY, said)
    return Outcome(DONE, ", ".join(f"{at}: {one.answers}" for at, one in channels.items()))


def _under_way(orders: Sequence[Order] | None, state: AgentState) -> list[Order]:
    return [one for one in orders or () if state.orders.get(one.id, Outcome(DONE)).how == UNDER_WAY]


def _with(state: AgentState, order: Order, outcome: Outcome) -> AgentState:
    return replace(state, orders={**state.orders, order.id: outcome})
