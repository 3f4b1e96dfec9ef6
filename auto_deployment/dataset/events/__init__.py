"""The lines of the event stream as typed values, pure: `parse` and `render`.

A movie id is read for its form only (`movie_ids.py`); which movies exist is the catalogue's to say. An id of
another form (an upper-case letter, a space) is rejected with `Reason.MOVIE_ID`, and `Rejection.event` then is
the event with the id as it stood: whoever has a catalogue takes it if the id is known or can be repaired
(`dataclasses.replace(rejected.event, movie_id=...)`). A stray lower-case letter cannot be seen here: the
event names an unknown movie, and the same step repairs it or rejects it with `Reason.UNKNOWN_MOVIE`.
"""

from auto_deployment.dataset.events.movie_ids import read_listed_id
from auto_deployment.dataset.events.parser import MAX_LINE_BYTES, parse
from auto_deployment.dataset.events.renderer import render
from auto_deployment.dataset.events.types import (
    PARSER_VERSION,
    AccountCreated,
    Event,
    Rating,
    Reason,
    Recommendation,
    Rejection,
    Watch,
)
from auto_deployment.dataset.valid import MAX_USER_ID

__all__ = [
    "MAX_LINE_BYTES",
    "MAX_USER_ID",
    "PARSER_VERSION",
    "AccountCreated",
    "Event",
    "Rating",
    "Reason",
    "Recommendation",
    "Rejection",
    "Watch",
    "parse",
    "read_listed_id",
    "render",
]
