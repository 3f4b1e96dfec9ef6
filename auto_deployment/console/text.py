"""Text from outside, so that it can be read and hides nothing."""

from auto_deployment.release.observe.prometheus import Unavailable

LONGEST = 2_000


def visible(raw: bytes) -> str:
    """Return a line with what cannot be seen written out, and cut where it is very long."""
    text = raw[:LONGEST].decode("utf-8", "backslashreplace")
    shown = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
    left = len(raw) - LONGEST
    return f"{shown} ... and {left:,} bytes more" if left > 0 else shown


def why_away(answer: Unavailable) -> str:
    """Return why Prometheus does not answer, without what a library adds for its own authors."""
    return answer.reason.partition(": HTTPConnectionPool")[0]
