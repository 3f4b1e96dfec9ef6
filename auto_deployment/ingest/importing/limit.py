"""How much of a file may be left out before an import stops. Pure."""

from collections import Counter
from collections.abc import Sequence

from auto_deployment.dataset.events import Reason
from auto_deployment.errors import BadInputError, MarqueeError
from auto_deployment.ingest.importing.tables.ratings import NO_RATING
from auto_deployment.ingest.importing.tables.survey import Example

_HARMLESS = (Reason.EMPTY, NO_RATING)  # they hold nothing that could be lost
_SHOWN_BYTES = 80


class TooManyRejectedError(MarqueeError):
    """More of a file would be left out than is allowed; nothing was written."""

    exit_status = 3


def rejected_share(rejected: Counter[str], taken: int) -> float:
    """Return the share of lines that are left out, of all that hold something."""
    lost = sum(count for reason, count in rejected.items() if reason not in _HARMLESS)
    return lost / max(lost + taken, 1)


def enforce_share(
    file: str, rejected: Counter[str], taken: int, allowed: float, examples: Sequence[Example] = ()
) -> None:
    """Raise `TooManyRejectedError`, with reasons and examples, when too much would be left out."""
    share = rejected_share(rejected, taken)
    if share <= allowed:
        return
    reasons = Counter({reason: count for reason, count in rejected.items() if reason not in _HARMLESS})
    shown = [one for one in examples if one.reason in reasons]
    scale = "Are the ratings on another scale? Then say which with `--scale LOW-HIGH`. "
    raise TooManyRejectedError(
        f"{file}: {reasons.total():,} of {reasons.total() + taken:,} lines ({share:.3g} of all) cannot be "
        f"taken ({reasons_of(reasons)}), more than {allowed:g}; nothing was written. "
        f"{scale if Reason.RATING_RANGE in reasons else ''}Mend the file, or go on without these lines with "
        f"`--allow-rejected {_rounded_up(share):g}`."
        + "".join(f"\n  line {one.line}: {one.reason}: {show(one.raw)}" for one in shown)
    )


def nothing_usable(file: str, rejected: Counter[str]) -> BadInputError:
    """Return what is to be raised about a file of which nothing can be taken."""
    if not rejected:
        return BadInputError(f"{file} holds no ratings and no events; nothing was written.")
    (reason, _), lines = rejected.most_common(1)[0], rejected.total()
    other = ""
    if reason == Reason.UNKNOWN_MOVIE:
        other = " Movies of another collection need a DATA_DIR of their own."
    return BadInputError(
        f"None of the {lines:,} lines of {file} can be used (most often: {reason}); nothing was "
        f"written.{other}"
    )


def reasons_of(rejected: Counter[str]) -> str:
    return ", ".join(f"{reason} {count:,}" for reason, count in rejected.most_common())


def show(raw: bytes) -> str:
    text = raw[:_SHOWN_BYTES].decode("utf-8", "replace")
    return repr(text)[1:-1] + ("..." if len(raw) > _SHOWN_BYTES else "")


def _rounded_up(share: float) -> float:
    return min(1.0, int(share * 100 + 1) / 100)
