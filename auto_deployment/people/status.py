"""How far it is with a user who wants to be forgotten, for a person and for JSON. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from auto_deployment.dataset.corrections.wishes import Wish
from auto_deployment.people.find_event import said
from auto_deployment.people.forget import Done
from auto_deployment.people.places import Held


def render_done(done: Done) -> str:
    """Return what was done just now."""
    head = "" if done.is_new else "This was asked for before, and there is nothing newer.\n"
    removed = ", ".join(f"{name} {count:,}" for name, count in done.removed.items())
    return f"{head}removed or written anew: {removed or 'nothing'}\n"


def render_status(wish: Wish, held: Sequence[Held]) -> str:
    """Return what is still there, and until when."""
    lines = [
        f"User {wish.user_id} is forgotten as of {said(wish.until)} UTC: no event of before counts, and no "
        "model is made of one any more.",
        f"kept: the wish itself, number and time ({wish.name})",
    ]
    lines += [f"still held: {one.where}: {one.what}; {one.goes}" for one in held]
    lines += [] if held else ["nothing else is held of before"]
    return "\n".join(lines) + "\n"


def status_json(wish: Wish, held: Sequence[Held], removed: Mapping[str, int]) -> dict[str, Any]:
    """Return the same for JSON; `removed` is what was done just now."""
    return {
        "user_id": wish.user_id,
        "until": wish.until.isoformat(),
        "kept": wish.name,
        "removed": dict(removed),
        "held": list(map(asdict, held)),
    }
