"""What a model chose for itself, as a sentence and a table: how much of each part its lists are made of."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

NONE = "not"
NEVER = 2**31 - 1  # so many events a training asks for where no list of one's own was surely better


class Tried(NamedTuple):
    """What was tried on later events of the training part: a row a share of the item part, NDCG by fading.

    `chosen` is the place (row, column) of what was taken, None where nothing was tried; None in `rows` stands
    where a share was not tried with this fading.
    """

    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[float | None]]]
    chosen: tuple[int, int] | None


def choice_sentences(choice: Mapping[str, Any]) -> list[str]:
    """Say what the lists are made of, and on whom that was chosen."""
    share, half_life = float(choice["item_weight"]), choice["half_life"]
    parts = f"Of a personal score {1 - share:.0%} are factors and {share:.0%} item-to-item weights"
    fading = "which do not fade" if half_life is None else f"halved by every {half_life:g} later events"
    events = "" if not share else f", made from all events of the user, {fading}"
    users = choice.get("tried", {}).get("users", 0)
    rows = choice.get("tried", {}).get("candidates")
    how = (
        f"Chosen by NDCG@10 of {users:,} lists on later events of the training part; what was held out to "
        "measure the model had no say."
        if rows
        else f"Not chosen: only {users:,} users had something to choose by, so the parts count alike."
    )
    return [f"{parts}{events}.", _popularity(choice), *_own_lists(choice), how]


def tried_table(choice: Mapping[str, Any]) -> Tried:
    """Lay out the candidates by share of the item part and by half-life of the user's own events."""
    tried = choice.get("tried", {}).get("candidates", ())
    worth = {(one["item_weight"], one["half_life"]): one["ndcg"] for one in tried}
    shares = list(dict.fromkeys(share for share, _ in worth))
    fading = list(dict.fromkeys(half_life for _, half_life in worth))
    taken = choice["item_weight"], choice["half_life"]
    return Tried(
        [NONE if one is None else f"by half every {one:g} events" for one in fading],
        [(f"{share:.0%}", [worth.get((share, one)) for one in fading]) for share in shares],
        (shares.index(taken[0]), fading.index(taken[1])) if taken in worth else None,
    )


def _popularity(choice: Mapping[str, Any]) -> str:
    weights = [(int(first), float(weight)) for first, weight in choice["popular_weights"].items()]
    alone = f"Users with fewer than {choice['min_events']} events get popularity alone. "
    alone = alone if choice["min_events"] > weights[0][0] else ""
    if not weights[0][1]:
        return f"{alone}No popularity is mixed into the lists of others."
    mixed = _mixed(weights)
    return f"{alone}Popularity is mixed in beside 1 of the personal score, by number of events: {mixed}."


def _own_lists(choice: Mapping[str, Any]) -> list[str]:
    """Say from when on users whom the model does not know have lists of their own, where that was chosen."""
    first = choice.get("own_list_events")
    if first is None:
        return []
    if first == NEVER:
        return [
            "Users whom the model does not know have popular movies: no list of their own was surely better."
        ]
    weights = [(int(least), float(one)) for least, one in choice.get("own_popular_weights", {}).items()]
    popular = f", with popularity beside 1: {_mixed(weights)}" if weights else ""
    return [f"Users whom the model does not know have lists of their own from {first} events on{popular}."]


def _mixed(weights: Sequence[tuple[int, float]]) -> str:
    below = next((first for first, weight in weights if not weight), None)
    mixed = [f"{weight:g} from {first} on" for first, weight in weights if weight]
    return ", ".join([*mixed, *([] if below is None else [f"none from {below} events on"])])
