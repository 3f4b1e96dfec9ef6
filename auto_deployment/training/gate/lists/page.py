"""The page of the list-diff: what it shows of ten users. Pure."""

from collections.abc import Sequence

from auto_deployment.report.list_page import PageCheck, PageUser, Place, Title, render_list_page
from auto_deployment.training.gate.checks import ListVerdict
from auto_deployment.training.gate.lists.difference import Compared

SHOWN = 10


def render_lists(verdict: ListVerdict, compared: Compared | None, champion: str | None) -> str:
    """Return the page; without figures it says why there are none."""
    users = [] if compared is None else [_user(compared, one) for one in spread(compared.rbo, SHOWN)]
    checks = [PageCheck(one.name, one.sentence, bool(one.passed)) for one in verdict.checks]
    return render_list_page(
        verdict.sentence, champion or "nobody", verdict.needs_review, checks, verdict.figures, users
    )


def spread(rbo: Sequence[float], count: int) -> list[int]:
    """Return the places of users from the most changed list to the least, evenly between; all where few."""
    order = sorted(range(len(rbo)), key=lambda place: (rbo[place], place))
    if len(order) <= count:
        return order
    return [order[round(step * (len(order) - 1) / (count - 1))] for step in range(count)]


def _user(compared: Compared, at: int) -> PageUser:
    """Show a user without a name or id: the page is kept with the version, for ever."""
    before, now, titles = compared.champion[at], compared.challenger[at], compared.catalogue.titles
    places = [
        Place(
            _title(titles, before, place, "" if place < len(before) and before[place] in now else "gone"),
            _title(titles, now, place, _mark(before, now, place)),
        )
        for place in range(max(len(before), len(now)))
    ]
    sources = compared.served.champion[at].source, compared.served.challenger[at].source
    return PageUser(len(set(before) & set(now)), len(now), compared.rbo[at], *sources, places)


def _title(titles: Sequence[str], rows: Sequence[int], place: int, mark: str) -> Title | None:
    return Title(titles[rows[place]], mark) if place < len(rows) else None


def _mark(before: Sequence[int], now: Sequence[int], place: int) -> str:
    if place >= len(now) or now[place] not in before:
        return "new"
    was = before.index(now[place])
    return "" if was == place else f"was {was + 1}"
