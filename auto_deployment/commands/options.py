"""Values of options that several commands take."""

import argparse

from auto_deployment.ingest.importing.tables.columns import ROLES


def read_share(text: str) -> float:
    """Return the share that 0.005 or 0.5% says; raise `ValueError` for what is no number."""
    number, percent, rest = text.partition("%")
    if rest.strip():
        raise ValueError(text)
    return float(number) / (100 if percent else 1)


def read_scale(text: str) -> tuple[float, float]:
    """Read LOW-HIGH, a scale of ratings; raise `argparse.ArgumentTypeError`."""
    low, _, high = text.partition("-")
    try:
        scale = float(low), float(high)
    except ValueError:
        scale = 0.0, 0.0
    if not 0 <= scale[0] < scale[1]:
        raise argparse.ArgumentTypeError(f"{text!r} is no scale: use LOW-HIGH, for example 1-10")
    return scale


def read_columns(text: str) -> dict[str, str]:
    """Read user=COLUMN,...: which column of a table is which; raise `argparse.ArgumentTypeError`."""
    columns = {}
    for one in text.split(","):
        role, equals, column = one.partition("=")
        if role not in ROLES or not equals or not column or role in columns:
            raise argparse.ArgumentTypeError(
                f"{one!r} is none of {', '.join(f'{role}=COLUMN' for role in ROLES)}, each at most once"
            )
        columns[role] = column
    return columns
