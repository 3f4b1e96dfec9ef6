"""What differs more than between honest successive models is for a person to decide. Pure."""

from collections.abc import Iterator

from auto_deployment.training.gate.checks import GateCheck
from auto_deployment.training.gate.lists.difference import ListDifference
from auto_deployment.training.gate.lists.params import ListDiffParams


def hold_lists(found: ListDifference, params: ListDiffParams) -> tuple[GateCheck, ...]:
    """Hold each figure against its limit; a check that is not passed asks for a review."""
    return (*_common(found, params), *_contents(found, params))


def _common(found: ListDifference, params: ListDiffParams) -> Iterator[GateCheck]:
    yield GateCheck(
        "list_overlap",
        found.overlap >= params.overlap_min,
        f"Of 20 titles {20 * found.overlap:.1f} stay, as a mean over {found.users:,} users; at least "
        f"{20 * params.overlap_min:.1f} have to.",
        found.overlap,
        params.overlap_min,
    )
    yield GateCheck(
        "list_rbo",
        found.rbo >= params.rbo_min,
        f"By rank lists agree to {found.rbo:.3f} (rank-biased overlap, 1 for equal ones); at least "
        f"{params.rbo_min:g} is needed.",
        found.rbo,
        params.rbo_min,
    )


def _contents(found: ListDifference, params: ListDiffParams) -> Iterator[GateCheck]:
    shift = found.popularity.challenger - found.popularity.champion
    most = params.popularity_shift_max
    yield GateCheck(
        "list_popularity",
        abs(shift) <= most,
        f"What is shown is {2**shift:.2f} times as popular as before; {2**-most:.2f} to {2**most:.2f} times "
        "is allowed.",
        shift,
        most,
    )
    yield GateCheck(
        "list_genres",
        found.genre_distance <= params.genre_distance_max,
        f"{found.genre_distance:.1%} of what is shown has moved to other genres; at most "
        f"{params.genre_distance_max:.1%} may.",
        found.genre_distance,
        params.genre_distance_max,
    )
    before, now = max(found.shown.champion, 1), max(found.shown.challenger, 1)
    factor, most = now / before, params.coverage_factor_max
    yield GateCheck(
        "list_coverage",
        1 / most <= factor <= most,
        f"{found.shown.challenger:,.0f} different titles are shown, {found.shown.champion:,.0f} before; "
        f"{1 / most:.2g} to {most:g} times as many are allowed.",
        factor,
        most,
    )
