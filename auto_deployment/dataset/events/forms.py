"""Forms of lines beside the usual one: printed by a consumer, times with a zone."""

import re
from datetime import UTC, datetime

# What Python prints for bytes, and nothing that its own reader would take beyond that.
_match_printed = re.compile(
    r"""b(?:'((?:[ !"#-&(-\[\]-~]|\\[\\'ntr]|\\x[0-9a-f]{2})*)'"""
    r"""|"((?:[ !#-\[\]-~]|\\[\\ntr]|\\x[0-9a-f]{2})*)")"""
).fullmatch
_match_zoned = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{0,9})?)?)"
    r"(Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])"
).fullmatch


def unprint(text: str) -> str | None:
    """Return the line that a consumer has printed as `b'...'`; `None` where it is none, or no UTF-8."""
    found = _match_printed(text)
    if found is None:
        return None
    content = found[1] if found[1] is not None else found[2]
    try:
        return content.encode("ascii").decode("unicode_escape").encode("latin-1").decode()
    except UnicodeDecodeError:
        return None


def read_zoned_time(text: str) -> datetime | None:
    """Return a time that says its zone, in UTC; `None` where it is none."""
    found = _match_zoned(text)
    if found is None:
        return None
    try:
        return datetime.fromisoformat(found[1].removesuffix(".") + found[2]).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
