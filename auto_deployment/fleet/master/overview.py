"""The fleet as people read it, from what the master answers. Pure."""

from typing import Any

from auto_deployment.host.durations import duration

HERE = "here"


def is_well(found: dict[str, Any]) -> bool:
    """Tell whether every node is there and serves what it should, and the master knows of it."""
    nodes = found["nodes"]
    faults = ("store_fault", "database_fault")
    return (
        all(one["state"] == HERE and not one["store_fault"] for one in nodes)
        and all(
            at["behind_s"] is None and not at["fault"] for one in nodes for at in one["channels"].values()
        )
        and not any(found["master"][fault] for fault in faults)
    )


def overview(found: dict[str, Any]) -> str:
    """Return a line for each channel of each node, and what is wrong below it."""
    lines = [_line("node", "channel", "wanted", "serves", "since", "state")]
    for node in found["nodes"]:
        lines += _node(node)
    if not found["nodes"]:
        lines.append("no node has registered yet: marquee fleet agent with MASTER_URL")
    master = found["master"]
    if master["store_fault"]:
        lines.append(f"master   has not seen the store since: {master['store_fault']}")
    for name in ("database_fault", "database_lost"):
        if master[name]:
            lines.append(f"master   {master[name]}")
    return "\n".join([*lines, ""])


def _node(node: dict[str, Any]) -> list[str]:
    if node["state"] != HERE:
        state = f"{node['state']} {duration(node['silent_s'])} ago"
    else:
        state = "" if not node["store_fault"] else "goes on with what it has"
    lines = []
    for name, channel in node["channels"].items():
        wanted = f"{channel['pinned']} (pinned)" if channel["pinned"] else channel["wanted"] or "nothing"
        since = "" if channel["linked_s"] is None else duration(channel["linked_s"])
        behind = "" if channel["behind_s"] is None else f"behind for {duration(channel['behind_s'])}"
        said = ", ".join(one for one in (state, behind) if one) or "as wanted"
        lines.append(_line(node["node"], name, wanted, channel["answers"] or "nobody", since, said))
        if channel["fault"]:
            lines.append(f"         {channel['fault']}")
    if not lines:
        lines.append(_line(node["node"], "", "", "", "", state or "has not looked yet"))
    if node["store_fault"]:
        lines.append(f"         {node['store_fault']}")
    return lines + [f"         refused {version}: {why}" for version, why in node["refused"].items()]


def _line(node: str, channel: str, wanted: str, serves: str, since: str, state: str) -> str:
    return f"{node:<16} {channel:<8} {wanted:<34} {serves:<34} {since:<10} {state}".rstrip()
