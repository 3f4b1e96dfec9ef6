"""The fleet as people read it, from what the master answers. Pure."""

from dataclasses import dataclass
from typing import Any

from auto_deployment.host.durations import duration

HERE = "here"


@dataclass(frozen=True, slots=True)
class Row:
    """One channel of a node, in words; a node that has not looked yet has one row without a channel."""

    node: str
    channel: str
    wanted: str
    serves: str
    since: str
    state: str
    faults: tuple[str, ...] = ()

    @property
    def is_well(self) -> bool:
        return self.state == AS_WANTED and not self.faults


AS_WANTED = "as wanted"
HEAD = Row("node", "channel", "wanted", "serves", "since", "state")


def is_well(found: dict[str, Any]) -> bool:
    """Tell whether every node is there and serves what it should, and the master knows of it."""
    faults = ("store_fault", "database_fault")
    return all(one.is_well for one in rows(found)) and not any(found["master"][fault] for fault in faults)


def rows(found: dict[str, Any]) -> list[Row]:
    """Return a row for each channel of each node."""
    return [row for node in found["nodes"] for row in _node(node)]


def master_faults(found: dict[str, Any]) -> list[str]:
    """Return what is wrong with the master, a sentence each."""
    master = found["master"]
    said = [f"It has not seen the store since: {master['store_fault']}"] if master["store_fault"] else []
    return said + [master[name] for name in ("database_fault", "database_lost") if master[name]]


def overview(found: dict[str, Any]) -> str:
    """Return a line for each channel of each node, and what is wrong below it."""
    lines = [_line(HEAD)]
    for row in rows(found):
        lines += [_line(row), *(f"         {fault}" for fault in row.faults)]
    if not found["nodes"]:
        lines.append("no node has registered yet: marquee fleet agent with MASTER_URL")
    lines += [f"master   {fault}" for fault in master_faults(found)]
    return "\n".join([*lines, ""])


def _node(node: dict[str, Any]) -> list[Row]:
    is_here = node["state"] == HERE
    state = "" if is_here else f"{node['state']} {duration(node['silent_s'])} ago"
    faults = [node["store_fault"]] if node["store_fault"] else []
    faults += [f"refused {version}: {why}" for version, why in node["refused"].items()]
    if not node["channels"]:
        return [Row(node["node"], "", "", "", "", state or "has not looked yet", tuple(faults))]
    found: list[Row] = []
    for name, channel in node["channels"].items():
        wanted = f"{channel['pinned']} (pinned)" if channel["pinned"] else channel["wanted"] or "nothing"
        since = "" if channel["linked_s"] is None else duration(channel["linked_s"])
        behind = "" if channel["behind_s"] is None else f"behind for {duration(channel['behind_s'])}"
        said = ", ".join(one for one in (state, behind) if one) or AS_WANTED
        own = [channel["fault"]] if channel["fault"] else []
        words = (node["node"], name, wanted, channel["answers"] or "nobody", since, said)
        found.append(Row(*words, tuple(own + (faults if not found else []))))
    return found


def _line(row: Row) -> str:
    words = f"{row.node:<16} {row.channel:<8} {row.wanted:<34} {row.serves:<34} {row.since:<10} "
    return f"{words}{row.state}".rstrip()
