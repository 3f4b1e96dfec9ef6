"""A gRPC server in this process that answers `Recommend` as a function says; for those who ask Marquee."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc

from marquee_client.rpc import METHOD, messages

Request, MovieList = messages("RecommendRequest", "MovieList")
Answers = Callable[[Any, grpc.ServicerContext], Any]


def movie_list(request: Any, context: grpc.ServicerContext) -> Any:
    """Answer with a list that repeats the question."""
    said = [str(request.user), str(request.n), *request.exclude, request.genre, request.model]
    return MovieList(
        movie_ids=said, source="personal", model_version="v1", release="v1-abc", track="canary", fresh_s=3
    )


class RpcServer:
    """What it answers, and how often it was asked."""

    def __init__(self, port: int = 0) -> None:
        self.answers: Answers = movie_list
        self.asked = 0
        self._server = grpc.server(ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
        service, _, name = METHOD.strip("/").partition("/")
        handler = grpc.unary_unary_rpc_method_handler(
            self._recommend, Request.FromString, MovieList.SerializeToString
        )
        self._server.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler(service, {name: handler})]
        )
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self._server.start()

    def _recommend(self, request: Any, context: grpc.ServicerContext) -> Any:
        self.asked += 1
        return self.answers(request, context)

    def stop(self) -> None:
        self._server.stop(None).wait()


@contextmanager
def rpc_server(port: int = 0) -> Iterator[RpcServer]:
    """Serve until it is no longer needed."""
    server = RpcServer(port)
    try:
        yield server
    finally:
        server.stop()
