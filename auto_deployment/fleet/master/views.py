"""What the master shows of nodes, models and channels, as plain values. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from auto_deployment.fleet.master.master import Master
from auto_deployment.fleet.master.nodes import Node
from auto_deployment.fleet.master.report import ChannelReport
from auto_deployment.fleet.master.shelf import Seen
from auto_deployment.host.codec import to_plain

HERE, LEFT = "here", "left without a word"


def nodes_view(master: Master) -> dict[str, Any]:
    """Return every node, and what is to be known of how the master knows it."""
    now = master.now().timestamp()
    return {
        "nodes": [_node(one, now, is_silent=master.nodes.is_silent(one)) for one in master.nodes.all()],
        "master": {
            "at": iso(now),
            "database_since": iso(master.database.since),
            "database_lost": master.database.lost,
            "database_fault": master.database.fault,
            "store_fault": master.shelf.seen.fault,
        },
    }


def channels_view(seen: Seen) -> dict[str, Any]:
    return {**_seen(seen), "models": {name: dict(one.wanted) for name, one in seen.models.items()}}


def models_view(seen: Seen, nodes: list[Node]) -> dict[str, Any]:
    """Return each version with who wants it, and on which nodes it is and serves."""
    return {
        **_seen(seen),
        "models": {
            model: {
                "versions": [
                    {
                        "version": version,
                        "content_hash": content,
                        "rejected": content in one.rejected,
                        "wanted_by": sorted(at for at, wanted in one.wanted.items() if wanted == version),
                        "held_by": _names(nodes, model, lambda node, v=version: v in node.report.versions),
                        "serves_on": _names(nodes, model, lambda node, v=version: _serves(node, v)),
                    }
                    for version, content in sorted(one.versions.items())
                ],
                "rejected": list(one.rejected),
            }
            for model, one in seen.models.items()
        },
    }


def iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _seen(seen: Seen) -> dict[str, Any]:
    return {"as_of": iso(seen.at), "store_fault": seen.fault}


def _node(node: Node, now: float, *, is_silent: bool) -> dict[str, Any]:
    report, age_s = node.report, max(0.0, now - node.seen_at)
    return {
        "node": node.name,
        "model": report.model,
        "state": LEFT if is_silent else HERE,
        "registered_at": iso(node.registered_at),
        "seen_at": iso(node.seen_at),
        "silent_s": round(age_s, 1),
        "looked_s": None if report.looked_s is None else round(report.looked_s + age_s, 1),
        "store_fault": report.store_fault,
        "versions": list(report.versions),
        "asked": list(report.asked),
        "refused": dict(report.refused),
        "free_bytes": report.free_bytes,
        "channels": {name: _channel(one, age_s) for name, one in report.channels.items()},
    }


def _channel(channel: ChannelReport, age_s: float) -> dict[str, Any]:
    """Return it with lengths of time as of now: those of a report have grown older since."""
    found: Mapping[str, Any] = to_plain(channel)
    older = {
        name: None if found[name] is None else round(found[name] + age_s, 1)
        for name in ("linked_s", "behind_s")
    }
    return {**found, **older}


def _serves(node: Node, version: str) -> bool:
    return any(version in (one.answers, one.confirmed) for one in node.report.channels.values())


def _names(nodes: list[Node], model: str, is_so: Any) -> list[str]:
    return [one.name for one in nodes if one.report.model == model and is_so(one)]
