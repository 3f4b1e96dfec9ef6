"""A gRPC server of one process, on a port that the others of the instance listen on as well."""

import time

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from app.config import Settings
from app.rpc.calls import SERVICE, Calls, behavior
from app.rpc.models import RpcModels
from app.rpc.port import address_of
from app.rpc.quick import QuickCalls
from app.rpc.threads import Threads
from app.rpc.tls import certificate_of

MAX_MESSAGE = 65_536  # bytes; 200 excluded ids of 78 characters are 16,000
OPTIONS = (
    ("grpc.so_reuseport", 1),
    ("grpc.max_receive_message_length", MAX_MESSAGE),
    ("grpc.max_metadata_size", 16_384),
    # A client that is gone without a word is noticed within 80 s; one who pings too often is told to stop.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # The kernel gives a connection to one process for good: this spreads them anew after one was replaced.
    # What has begun goes on until its end.
    ("grpc.max_connection_age_ms", 600_000),
    ("grpc.max_connection_age_grace_ms", 30_000),
)
REFUSING_S = 0.2  # less than those who are refused wait before they retry
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
QUICK = ("Recommend", "Popular")  # the others look at all movies
NAMES = (SERVICE, health.OVERALL_HEALTH)


class RpcServer:
    """Listens from `start` to `stop`."""

    def __init__(self, settings: Settings, calls: Calls) -> None:
        self._settings, self._calls = settings, calls
        self._address = address_of(settings)
        self.threads = Threads(settings.threads)
        self.health = health.HealthServicer(
            experimental_non_blocking=True, experimental_thread_pool=self.threads
        )
        self._server = grpc.server(self.threads, options=OPTIONS)
        answers = calls.answers()
        handlers = {name: grpc.unary_unary_rpc_method_handler(behavior(one)) for name, one in answers.items()}
        self._quick = QuickCalls(self._server)
        for name in QUICK:
            self._quick.register(f"/{SERVICE}/{name}", answers[name])
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
        health_pb2_grpc.add_HealthServicer_to_server(self.health, self._server)
        names = (SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)

    def start(self, models: RpcModels) -> None:
        """Listen; raise `RuntimeError` or `CertificateError` where that is not possible."""
        self.tell_health(models)
        certificate = certificate_of(self._settings)
        if certificate is None:
            self._server.add_insecure_port(self._address)
        else:
            self._server.add_secure_port(self._address, certificate.credentials())
        self._server.start()
        self._quick.begin()

    def tell_health(self, models: RpcModels) -> None:
        """Say whether any model answers, and of each by its name, as it is now."""
        well = {f"{SERVICE}/{model.name}": model.is_well() for model in models}
        well |= dict.fromkeys(NAMES, any(well.values()))
        for name, is_well in well.items():  # after `stop` this changes nothing
            self.health.set(name, SERVING if is_well else NOT_SERVING)

    def stop(self, grace_s: float) -> None:
        """Let clients leave, take no new call, and return when those that have begun are answered.

        gRPC's own stop drops calls that have arrived and not begun, as CANCELLED, which no client retries. So
        those who watch health are given time to leave first, and then everybody is told to ask elsewhere.
        """
        self.health.enter_graceful_shutdown()
        time.sleep(self._settings.rpc_drain_s)
        self._calls.stopping = True
        time.sleep(REFUSING_S)
        self._server.stop(grace_s).wait()
