"""What is answered to each call, from bytes to bytes."""

import logging
from collections.abc import Callable
from time import perf_counter, time

from grpc import ServicerContext, StatusCode

from app.answers import SIMILAR
from app.artifact import UnknownGenreError, UnknownMovieError
from app.impressions.log import ImpressionLog, Shown
from app.recommender import Recommender
from app.rpc.marquee_pb2 import DESCRIPTOR, Model, ModelStatusReply
from app.rpc.metrics import RpcMetrics
from app.rpc.models import RpcModel, RpcModels
from app.rpc.questions import read_popular, read_recommend, read_similar, read_status
from app.rpc.refusals import RefusalError, bad

SERVICE = DESCRIPTOR.services_by_name["Recommender"].full_name
OK = StatusCode.OK.name
FAILED = RefusalError(StatusCode.INTERNAL, "The service failed to answer; the reason is in its log.")
TOO_LATE = RefusalError(StatusCode.DEADLINE_EXCEEDED, "The deadline had passed before its turn came.")
STOPPING = RefusalError(StatusCode.UNAVAILABLE, "This server is stopping: ask another one.", again_ms=500)

Answer = Callable[[bytes, float], bytes]

log = logging.getLogger(__name__)


class Calls:
    """One method for each of the service, by its name; each uses one model from its begin to its end."""

    def __init__(
        self, models: RpcModels, metrics: RpcMetrics, impressions: ImpressionLog | None = None
    ) -> None:
        self._models, self._metrics, self._impressions = models, metrics, impressions
        self.stopping = False  # then no call is begun

    def answers(self) -> dict[str, Answer]:
        """Return what answers each method; of a message and the seconds that are left for it."""
        return {
            "Recommend": self._counted("Recommend", self.recommend),
            "Similar": self._counted("Similar", self.similar),
            "Popular": self._counted("Popular", self.popular),
            "ModelStatus": self._counted("ModelStatus", self.model_status),
        }

    def recommend(self, body: bytes) -> bytes:
        """Answer with a list for a user, a popular one for users whom the model does not know."""
        started = perf_counter()
        user, n, exclude, genre, name = read_recommend(body)
        model, encoded = self._models.answering(name)
        try:
            answer = model.lists.recommend(encoded.recommender, user, n, exclude, genre)
        except UnknownGenreError:
            raise _no_such_genre(encoded.recommender, genre) from None
        self._metrics.count_named(model.name, answer.source)
        if self._impressions is not None:
            movies = encoded.recommender.line_of(answer.rows)
            seconds = perf_counter() - started
            self._impressions.note(
                Shown(time(), None, str(user), encoded.serving, answer.source, movies, 200, seconds)
            )
        return encoded.reply(answer.rows, answer.source, model.lists.age)

    def similar(self, body: bytes) -> bytes:
        movie, n, name = read_similar(body)
        _, encoded = self._models.answering(name)
        try:
            rows, _ = encoded.recommender.similar(movie, n)
        except UnknownMovieError:
            sentence = f"The model has no movie {movie[:200]!r}."
            raise RefusalError(StatusCode.NOT_FOUND, sentence) from None
        return encoded.reply(rows, SIMILAR)

    def popular(self, body: bytes) -> bytes:
        n, exclude, genre, name = read_popular(body)
        _, encoded = self._models.answering(name)
        try:
            answer = encoded.recommender.popular(n, exclude, genre)
        except UnknownGenreError:
            raise _no_such_genre(encoded.recommender, genre) from None
        return encoded.reply(answer.rows, answer.source)

    def model_status(self, body: bytes) -> bytes:
        """Say which models are here; each is asked for its lists first."""
        name = read_status(body)
        asked = [self._models.named(name)] if name else list(self._models)
        return ModelStatusReply(models=[_status(one) for one in asked]).SerializeToString()

    def _counted(self, method: str, answer: Callable[[bytes], bytes]) -> Answer:
        count = self._metrics.count_call

        def counted(body: bytes, left_s: float) -> bytes:
            started = perf_counter()
            try:
                if self.stopping:
                    raise STOPPING
                if left_s <= 0:  # nobody waits for it any more
                    raise TOO_LATE
                reply = answer(body)
            except RefusalError as error:
                count((method, error.code.name), perf_counter() - started)
                raise
            except Exception:  # whoever calls learns nothing of the inside
                log.exception("%s failed", method)
                count((method, FAILED.code.name), perf_counter() - started)
                raise FAILED from None
            count((method, OK), perf_counter() - started)
            return reply

        return counted


def behavior(answer: Answer) -> Callable[[bytes, ServicerContext], bytes]:
    """Return what grpcio calls in a thread of its pool."""

    def behave(body: bytes, context: ServicerContext) -> bytes:
        try:
            return answer(body, context.time_remaining())
        except RefusalError as error:
            context.set_trailing_metadata(error.metadata())
            return context.abort(error.code, error.sentence)  # raises

    return behave


def _status(model: RpcModel) -> Model:
    encoded = model.current
    if encoded is None:
        return Model(name=model.name)
    serving, held = encoded.serving, encoded.recommender.model
    return Model(
        name=model.name,
        model_version=held.version,
        release=serving.release,
        track=serving.track,
        content_hash=held.content_hash,
        trained_at=held.manifest.get("created_at"),
        ready=model.is_well(),
    )


def _no_such_genre(recommender: Recommender, genre: str | None) -> RefusalError:
    genres = ", ".join(recommender.model.movies.genres)
    return bad("genre", f"No movie has the genre {(genre or '')[:60]!r}; there are {genres}.")
