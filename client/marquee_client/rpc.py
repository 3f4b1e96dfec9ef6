"""One call over gRPC. Imported only for a `grpc://` address, as it needs the extra `grpc`.

Its messages come from `marquee.binpb`, what `protoc` makes of `marquee.proto`, in a pool of their own: a
caller may have stubs of the same messages, which protobuf's common pool takes once only, and generated
modules refuse every protobuf that is older than the one that made them.
"""

import threading
from importlib.resources import files
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from marquee_client.address import Address
from marquee_client.answer import Answer
from marquee_client.deadline import Deadline
from marquee_client.errors import ERROR, REFUSED, TIMEOUT, UNREACHABLE, CallFailedError
from marquee_client.http.reply import MAX_BYTES
from marquee_client.wish import Wish

METHOD = "/marquee.v1.Recommender/Recommend"
USER = "marquee-user"  # metadata, by which NGINX chooses the user's track: it does not read messages
# The question is wrong, and would be wrong tomorrow.
REFUSALS = frozenset(
    {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.OUT_OF_RANGE,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)
OUTCOMES = {grpc.StatusCode.DEADLINE_EXCEEDED: TIMEOUT, grpc.StatusCode.UNAVAILABLE: UNREACHABLE}


class RpcWay:
    """Asks one address over one channel, for any number of threads."""

    def __init__(
        self, address: Address, connect_s: float, roots: bytes | None = None, parents: object = None
    ) -> None:
        self._address = address
        self._roots = roots  # certificates in PEM, in place of gRPC's own
        self._connect_s = connect_s
        self._question, answer = messages("RecommendRequest", "MovieList")
        self._decode = answer.FromString
        self._lock = threading.Lock()
        self._channel: Any = None  # opened by the first call: what is open when a process forks is lost there
        self._call: Any = None
        self._parents = parents  # of the process that this one was forked from: to close it would act on both

    def ask(self, wish: Wish, deadline: Deadline) -> Answer:
        """Return the service's list; raise `CallFailedError`. Ends by the deadline."""
        question = self._question(
            user=wish.user, n=wish.n, exclude=wish.exclude, genre=wish.genre or "", model=self._address.path
        ).SerializeToString()
        who = ((USER, str(wish.user)),)
        try:
            try:
                movies = self._opened()(question, timeout=deadline.left_s(), metadata=who)
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise
                movies = self._opened()(question, timeout=deadline.left_s(), metadata=who)
        except grpc.RpcError as error:
            raise _failure(error) from error
        except TimeoutError:
            raise CallFailedError(TIMEOUT, "No answer came within the budget.") from None
        except ValueError:  # what grpc says of a channel that another thread has closed
            raise CallFailedError(ERROR, "The channel was closed meanwhile.") from None
        return Answer(
            tuple(movies.movie_ids), movies.source, movies.model_version, movies.release, movies.track
        )

    def reset(self) -> None:
        """Let go of the channel: it waits longer and longer between its own attempts to connect."""
        with self._lock:
            channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()

    def renewed(self) -> "RpcWay":
        """Return the same for a process that was forked; its parent's channel is not touched."""
        return RpcWay(self._address, self._connect_s, self._roots, self._channel)

    def _opened(self) -> Any:
        with self._lock:
            if self._channel is None:
                self._channel = self._opening()
                self._call = self._channel.unary_unary(
                    METHOD, request_serializer=None, response_deserializer=self._decode
                )
            return self._call

    def _opening(self) -> Any:
        place, options = self._address.netloc, _options(self._connect_s)
        if not self._address.has_tls:
            return grpc.insecure_channel(place, options)
        return grpc.secure_channel(place, grpc.ssl_channel_credentials(self._roots), options)


def _options(connect_s: float) -> list[tuple[str, int]]:
    return [
        ("grpc.min_reconnect_backoff_ms", int(connect_s * 1000)),  # which is the time-out of one attempt, too
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 1000),
        ("grpc.max_receive_message_length", MAX_BYTES),
        ("grpc.use_local_subchannel_pool", 1),  # a new channel begins without the waiting of the one before
        ("grpc.enable_http_proxy", 0),  # as over HTTP: the service is near
    ]


def _failure(error: Any) -> CallFailedError:
    code = error.code()
    outcome = REFUSED if code in REFUSALS else OUTCOMES.get(code, ERROR)
    return CallFailedError(outcome, f"{code.name}: {(error.details() or '')[:300]}")


def messages(*names: str) -> list[Any]:
    """Return the classes of messages of `marquee.v1`."""
    found = descriptor_pb2.FileDescriptorSet.FromString(
        files("marquee_client").joinpath("marquee.binpb").read_bytes()
    )
    pool = descriptor_pool.DescriptorPool()
    for file in found.file:
        pool.Add(file)
    return [
        message_factory.GetMessageClass(pool.FindMessageTypeByName(f"marquee.v1.{name}")) for name in names
    ]
