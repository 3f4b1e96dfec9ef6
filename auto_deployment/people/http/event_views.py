"""Events of one user: create, read, update, delete."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from flask import Response, jsonify
from werkzeug.exceptions import NotFound, UnprocessableEntity

from auto_deployment.dataset.corrections.keys import make_key
from auto_deployment.dataset.corrections.look import Scale, UserEvent, events_of
from auto_deployment.paths import Paths
from auto_deployment.people.correct import (
    Added,
    EventName,
    Value,
    add_event,
    correct_event,
    remove_event,
)
from auto_deployment.people.find_event import find_events, said
from auto_deployment.people.http.bodies import EventBody, ValueBody
from auto_deployment.people.http.paging import page
from auto_deployment.people.report import event_json
from auto_deployment.people.words import KINDS, read_time, read_user
from auto_deployment.web.bodies import read_body, read_key, read_query


class EventViews:
    """One method for each address and verb; `scale` is that of ratings in and out."""

    def __init__(self, paths: Paths, scale: Scale) -> None:
        self._paths, self._scale = paths, scale

    def list_events(self, user: str) -> Response:
        user_id, query = read_user(user), read_query(("movie_id", "limit", "cursor"))
        # A movie id holds + but never a space: a + that the query string turned into a space is put back.
        movie = query["movie_id"].replace(" ", "+") if "movie_id" in query else None
        found = [one for one in self._events(user_id) if movie in (None, one.movie_id)]
        return jsonify(page(found, _place, query, event_json))

    def add_event(self, user: str) -> Response:
        """Add an event: 201, or 200 where the same event or the same key has been there before."""
        read_query()
        user_id, text, body = read_user(user), read_key(), read_body(EventBody)
        name, value, now = body.name(user_id), body.value(), datetime.now(UTC)
        key = None if text is None else make_key(user_id, text, (name, value), now)
        added = add_event(self._paths, name, value, self._scale, now, key)
        response = jsonify({"added": added is Added.NEW, "because": str(added)})
        response.status_code = 201 if added is Added.NEW else 200
        response.headers["Location"] = _address(name, value.kind)
        return response

    def get_event(self, user: str, kind: str, movie_id: str, time: str) -> Response:
        name = _name(user, kind, movie_id, time)
        found = find_events(self._events(name.user_id), name.user_id, name.movie_id, name.time, kind)
        return jsonify({"events": list(map(event_json, found))})

    def correct_event(self, user: str, kind: str, movie_id: str, time: str) -> Response:
        name, value = _name(user, kind, movie_id, time), read_body(ValueBody).value()
        if value.kind != kind:
            raise UnprocessableEntity(f"This is a {kind}: give `{_FIELD[kind]}`.")
        before = correct_event(self._paths, name, value, self._scale, datetime.now(UTC))
        return jsonify({"before": list(map(event_json, before)), "now": _said(value)})

    def remove_event(self, user: str, kind: str, movie_id: str, time: str) -> Response:
        name = _name(user, kind, movie_id, time)
        before = remove_event(self._paths, name, self._scale, datetime.now(UTC))
        return jsonify({"removed": list(map(event_json, before))})

    def _events(self, user_id: int) -> list[UserEvent]:
        return events_of(self._paths.segments, user_id, self._scale)


_FIELD = {"rating": "rating", "watch": "minutes"}


def _name(user: str, kind: str, movie_id: str, time: str) -> EventName:
    read_query()
    if kind not in KINDS:
        raise NotFound(f"Events are of the kinds {' and '.join(KINDS)}, not {kind[:40]!r}.")
    return EventName(read_user(user), movie_id, read_time(time), kind)


def _place(event: UserEvent) -> tuple[str, str, str, float]:
    """Return what tells events of one user apart, in the order in which they are listed."""
    return said(event.time), event.movie_id, event.kind, event.rating or 0.0


def _address(name: EventName, kind: str) -> str:
    return f"/users/{name.user_id}/events/{kind}/{quote(name.movie_id, safe='+')}/{said(name.time)}"


def _said(value: Value) -> dict[str, Any]:
    return {"rating": value.rating} if value.minutes is None else {"minutes": list(value.minutes)}
