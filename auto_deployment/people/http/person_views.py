"""All that is held of one user, and forgetting."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Response, jsonify

from auto_deployment.dataset.corrections.look import Scale
from auto_deployment.dataset.corrections.wishes import Wish, wishes
from auto_deployment.paths import Paths
from auto_deployment.people.forget import forget, latest_wish
from auto_deployment.people.http.paging import page
from auto_deployment.people.places import Place
from auto_deployment.people.refusals import NotThereError
from auto_deployment.people.report import everything
from auto_deployment.people.status import status_json
from auto_deployment.people.words import read_user
from auto_deployment.web.bodies import read_query


class PersonViews:
    """One method for each address and verb; `every_place` also looks at published versions."""

    def __init__(
        self,
        paths: Paths,
        scale: Scale,
        places: Callable[[], Sequence[Place]],
        every_place: Callable[[], Sequence[Place]],
    ) -> None:
        self._paths, self._scale, self._places, self._every_place = paths, scale, places, every_place

    def report(self, user: str) -> Response:
        read_query()
        return jsonify(everything(self._paths, self._places(), read_user(user), self._scale))

    def list_forgotten(self) -> Response:
        """List the wishes, the oldest first, without what is held: that takes a while for each."""
        query = read_query(("limit", "cursor"))
        found = {one.user_id: one for one in wishes(self._paths.segments)}  # the latest of each
        listed = sorted(found.values(), key=lambda one: one.number)
        return jsonify(page(listed, lambda one: (one.number,), query, _wish_json))

    def forgotten(self, user: str) -> Response:
        read_query()
        user_id = read_user(user)
        wish = latest_wish(self._paths, user_id)
        if wish is None:
            raise NotThereError(
                f"User {user_id} was to be forgotten here by nobody: PUT at this address does it."
            )
        return self._status(wish, {})

    def forget(self, user: str) -> Response:
        """Forget a user as of now; asked again, it goes on with what was left undone."""
        read_query()
        done = forget(self._paths, self._places(), read_user(user), datetime.now(UTC))
        return self._status(done.wish, done.removed)

    def _status(self, wish: Wish, removed: Mapping[str, int]) -> Response:
        held = [one for place in self._every_place() for one in place.held(wish)]
        return jsonify(status_json(wish, held, removed))


def _wish_json(wish: Wish) -> dict[str, Any]:
    return {"user_id": wish.user_id, "until": wish.until.isoformat(), "kept": wish.name}
