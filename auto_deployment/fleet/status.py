"""Where a node stands, as people read it."""

from collections.abc import Mapping

from auto_deployment.fleet.state import AgentState, ChannelState
from auto_deployment.host.durations import duration


def tree(state: AgentState, store: str, wanted: Mapping[str, str], now: float) -> str:
    """Return a few lines: what the store wants, what this node holds, and each channel."""
    lines = [f"store    {store}"]
    lines += [f"         {channel} wants {version}" for channel, version in sorted(wanted.items())]
    if not state.node:
        return "\n".join([*lines, "node     no agent has looked here yet: marquee fleet agent", ""])
    lines.append(f"node     {state.node}, model {state.model}, looked {duration(now - state.at)} ago")
    if state.store_fault:
        lines.append(f"         goes on with what it has: {state.store_fault}")
    lines.append(f"holds    {', '.join(reversed(state.versions)) or 'nothing'}")
    for name, channel in state.channels.items():
        lines.append(f"{name:<8} {_words(channel, now)}")
        if channel.fault:
            lines.append(f"         {channel.fault}")
    lines += [f"refused  {version}: {why}" for version, why in state.refused.items()]
    return "\n".join([*lines, ""])


def _words(channel: ChannelState, now: float) -> str:
    if channel.pinned is not None:
        wants = f"the channel wants {channel.wanted or 'nothing'}"
        return f"{channel.pinned} is pinned ({wants}), {channel.answers or 'nobody'} answers"
    if channel.wanted is None:
        return f"nothing is wanted, {channel.linked or 'nothing'} is served"
    if channel.confirmed == channel.wanted:
        quiet = "" if channel.answers else ", which does not answer right now"
        return f"{channel.wanted} serves{quiet}"
    behind = "" if channel.behind_since is None else f" for {duration(now - channel.behind_since)}"
    return f"{channel.wanted} is wanted{behind}, {channel.answers or 'nobody'} answers"
