"""The models of a server as gRPC answers from them, each with what its replies are joined of."""

from collections.abc import Iterator

from grpc import StatusCode

from app.models import named
from app.models.named import MissingModelError, UnknownModelError
from app.recent.port import Lists
from app.rpc.refusals import RefusalError
from app.rpc.replies import EncodedModel
from app.serving import LOADED, ModelSlot


class RpcModel:
    """A model in use. `current` is replaced as a whole: read it once for each call."""

    def __init__(self, model: named.NamedModel) -> None:
        self._model = model
        self.current = self._encoded()

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def slot(self) -> ModelSlot:
        return self._model.slot

    @property
    def lists(self) -> Lists:
        return self._model.lists

    def refresh(self) -> str | None:
        """Look once for another model; return what became of it, None when nothing has changed."""
        outcome = self.slot.refresh()
        if outcome == LOADED:
            self.current = self._encoded()
        return outcome

    def is_well(self) -> bool:
        return self._model.complaint() is None

    def _encoded(self) -> EncodedModel | None:
        return EncodedModel(self.slot.current) if self.slot.current else None


class RpcModels:
    """All of them; the first is meant where no name is given."""

    def __init__(self, models: named.Models) -> None:
        self._models = models
        self._rpc = {model.name: RpcModel(model) for model in models}
        self.first = self._rpc[models.first.name]

    def __iter__(self) -> Iterator[RpcModel]:
        return iter(self._rpc.values())

    def refresh_lists(self) -> None:
        self._models.refresh_lists()

    def named(self, name: str) -> RpcModel:
        """Return a model; raise `RefusalError` when there is none of that name."""
        if not name:  # nearly every call
            return self.first
        try:
            return self._rpc[self._models.named(name).name]
        except UnknownModelError as error:
            raise RefusalError(StatusCode.NOT_FOUND, str(error)) from None

    def answering(self, name: str) -> tuple[RpcModel, EncodedModel]:
        """Return a model with what it answers with now; raise `RefusalError` where that is missing, too."""
        model = self.named(name)
        if (encoded := model.current) is None:
            raise RefusalError(StatusCode.UNAVAILABLE, str(MissingModelError(model.name)))
        return model, encoded
