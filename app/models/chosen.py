"""Which model a request is for: that of its address, else the first. Chosen once, before the view."""

from typing import TYPE_CHECKING, Any

from flask import request
from werkzeug.exceptions import NotFound, ServiceUnavailable

from app.middleware import SERVING
from app.models.named import MissingModelError, Models, UnknownModelError
from app.recent.port import Lists
from app.serving import ServedModel

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MODEL = "model"  # in URL rules
LISTS, NAME = "marquee.lists", "marquee.model"


class Chooser:
    """Reads the name from an address, so that views are the same with one and without."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def choose(self, endpoint: str | None, values: dict[str, Any] | None) -> None:
        """Take the name out of the rule's values; raise `NotFound` for one that there is not."""
        if not values or MODEL not in values:
            return
        try:
            model = self._models.named(values.pop(MODEL))
        except UnknownModelError as error:
            raise NotFound(str(error)) from None
        environ = request.environ
        environ[SERVING], environ[LISTS], environ[NAME] = model.slot.current, model.lists, model.name

    def lists(self, environ: "WSGIEnvironment") -> Lists:
        """Return where the lists of the chosen model come from."""
        lists: Lists = environ.get(LISTS, self._models.first.lists)
        return lists

    def serving(self, environ: "WSGIEnvironment") -> ServedModel:
        """Return the chosen model; raise `ServiceUnavailable` where it is missing."""
        serving: ServedModel | None = environ[SERVING]
        if serving is None:
            name = environ.get(NAME, self._models.first.name)
            raise ServiceUnavailable(str(MissingModelError(name)))
        return serving


def is_named(environ: "WSGIEnvironment") -> bool:
    """Tell whether the address names a model; pages are of the first one only."""
    return NAME in environ
