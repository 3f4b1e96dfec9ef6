"""The models of a server by their names, each followed as `app.serving` does."""

from collections.abc import Iterable, Iterator

from grpc import StatusCode

from app.recent.port import Lists
from app.rpc.refusals import RefusalError
from app.rpc.replies import EncodedModel
from app.serving import LOADED, ModelSlot, self_test


class NamedModel:
    """A model in use. `current` is replaced as a whole: read it once for each call."""

    def __init__(self, name: str, slot: ModelSlot, lists: Lists) -> None:
        self.name, self.slot, self.lists = name, slot, lists
        self.current = EncodedModel(slot.current)

    def refresh(self) -> str | None:
        """Look once for another model; return what became of it, None when nothing has changed."""
        outcome = self.slot.refresh()
        if outcome == LOADED:
            self.current = EncodedModel(self.slot.current)
        return outcome

    def is_well(self) -> bool:
        return self_test(self.current.recommender) is None


class Models:
    """All of them; the first is meant where no name is given."""

    def __init__(self, models: Iterable[NamedModel]) -> None:
        self._models = {model.name: model for model in models}
        self.first = next(iter(self._models.values()))

    def __iter__(self) -> Iterator[NamedModel]:
        return iter(self._models.values())

    def refresh_lists(self) -> None:
        """Take over what users did; by one thread, as all lists read one store."""
        for model in self:
            model.lists.refresh()

    def named(self, name: str) -> NamedModel:
        """Return a model; raise `RefusalError` when there is none of that name."""
        if not name:  # nearly every call
            return self.first
        if (model := self._models.get(name)) is None:
            there = ", ".join(self._models)
            sentence = f"There is no model {name[:128]!r} here, only {there}."
            raise RefusalError(StatusCode.NOT_FOUND, sentence)
        return model
