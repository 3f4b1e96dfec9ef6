"""The models of a service by their names. The first is meant where none is said."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from app.artifact import ArtifactError
from app.config import Settings
from app.recent.port import Lists
from app.recommender import Recommender
from app.serving import ModelSlot, self_test, wait_for_model

log = logging.getLogger(__name__)


class UnknownModelError(Exception):
    """There is no model of that name. The message is one sentence for whoever asked."""


class MissingModelError(Exception):
    """A model could not be used since the start. The message is one sentence for whoever asked."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The model {name!r} cannot be used just now; the reason is in the service's log.")


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A model, and where its lists come from."""

    slot: ModelSlot
    lists: Lists

    @property
    def name(self) -> str:
        return self.slot.name

    def complaint(self) -> str | None:
        """Ask the model for lists; say in a sentence what is wrong, None when nothing is."""
        serving = self.slot.current
        if serving is None:
            return str(MissingModelError(self.name))
        reason = self_test(serving.recommender)
        return reason and f"The model failed its self-test, {reason}."


class Models:
    """All of them, in the order in which they were set."""

    def __init__(self, slots: Iterable[ModelSlot], lists: Iterable[Lists]) -> None:
        self._models = {slot.name: NamedModel(slot, one) for slot, one in zip(slots, lists, strict=True)}
        self.first = next(iter(self._models.values()))

    def __iter__(self) -> Iterator[NamedModel]:
        return iter(self._models.values())

    def named(self, name: str) -> NamedModel:
        """Return a model; raise `UnknownModelError`."""
        if (model := self._models.get(name)) is None:
            there = ", ".join(self._models)
            raise UnknownModelError(f"There is no model {name[:128]!r} here, only {there}.")
        return model

    def refresh_lists(self) -> None:
        """Take over what users did; by one thread, as all lists read one store."""
        for model in self:
            model.lists.refresh()


def open_slots(settings: Settings, recommender: Recommender | None = None) -> Sequence[ModelSlot]:
    """Open each model; raise `ArtifactError` when none can be used.

    One of several that cannot be used is missing until its files change: the others answer.
    """
    named = settings.named_models
    slots, errors = [], []
    for name, folder in named:
        try:
            slots.append(ModelSlot(replace(settings, model_dir=folder), recommender, name))
        except ArtifactError as error:
            if len(named) == 1:
                raise
            log.error("The model %s is missing, the others answer: %s", name, error)
            slots.append(ModelSlot(replace(settings, model_dir=folder), None, name, missing=True))
            errors.append(error)
    if len(errors) == len(named):
        raise errors[0]
    return slots


def wait_for_models(settings: Settings) -> None:
    """Wait until each has a manifest, for as long as `MODEL_WAIT_S` says in all."""
    for _, folder in settings.named_models:
        wait_for_model(folder, settings.model_wait_s)
