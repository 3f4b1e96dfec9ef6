"""A long list in pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from flask import request

T = TypeVar("T")
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """One page of a list, and where it stands."""

    items: Sequence[T]
    number: int  # from 1 on
    pages: int
    total: int


def part_of(items: Sequence[T], number: int, at_once: int = AT_ONCE) -> Part[T]:
    """Return a page of a list; the last one where the number is too high."""
    pages = max(-(-len(items) // at_once), 1)
    number = min(number, pages)
    return Part(items[(number - 1) * at_once : number * at_once], number, pages, len(items))


def query_with(**changes: object) -> str:
    """Return the query of the page that is asked for, changed."""
    return urlencode({**request.args, **changes})
