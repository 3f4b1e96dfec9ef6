"""Calls answered in the thread that hears of them, with none of what grpcio's server keeps of a call.

The server has another thread ask for the message, wait for the first one to bring it, and answer: where an
answer takes 20 us, that is most of the price. Here the first thread does it all, and no thread waits for a
client who says nothing. It uses inner parts of grpcio, whose version the lock file holds: docs/decisions.md.
"""

import time
from typing import Any

import grpc
from grpc import _server
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # compiled

from app.rpc.calls import Answer
from app.rpc.refusals import RefusalError
from app.rpc.replies import said_of

NONE = 0  # flags
EDGE = "marquee-edge"  # NGINX asks: it writes down what headers say
OK = grpc.StatusCode.OK.value[0]
NO_MESSAGE = RefusalError(grpc.StatusCode.UNIMPLEMENTED, "A call has one message.")

Heard = tuple[Any, tuple[()]]  # what the server's loop forgets, and calls back


class QuickCalls:
    """Methods that answer at once, beside those of a server. `register` before its start, `begin` after."""

    def __init__(self, server: grpc.Server) -> None:
        self.state: Any = server._state  # type: ignore[attr-defined]
        self._answers: dict[str, Answer] = {}

    def register(self, path: str, answer: Answer) -> None:
        self.state.server.register_method(path)
        self._answers[path] = answer

    def begin(self) -> None:
        for path, answer in self._answers.items():
            self.ask(path, answer)

    def ask(self, path: str, answer: Answer) -> None:
        """Want one more call of a method, unless the server stops; a stop waits for it."""
        with self.state.lock:
            if self.state.stage is not _server._ServerStage.STARTED:
                return
            call = _Call(self, path, answer)
            self.state.rpc_states.add(call)
            queue = self.state.completion_queue
            self.state.server.request_registered_call(queue, queue, path, call.begun)


class _Call:
    """From the wish for one to its end; the server's loop calls each method with what has happened."""

    __slots__ = ("_answer", "_call", "_calls", "_deadline_s", "_path", "_through_edge")

    def __init__(self, calls: QuickCalls, path: str, answer: Answer) -> None:
        self._calls, self._path, self._answer = calls, path, answer

    def begun(self, event: Any) -> Heard:
        if not event.success:  # the server stops
            return self, ()
        self._calls.ask(self._path, self._answer)
        self._call, self._deadline_s = event.call, event.call_details.deadline
        self._through_edge = any(key == EDGE for key, _ in event.invocation_metadata)
        self._call.start_server_batch((cygrpc.ReceiveMessageOperation(NONE),), self.heard)
        return None, ()

    def heard(self, event: Any) -> Heard:
        body = event.batch_operations[0].message()
        said = None
        try:
            if body is None:  # the client is gone, or has ended without a message
                raise NO_MESSAGE
            reply = self._answer(body, self._deadline_s - time.time())
            if self._through_edge:
                said = said_of(reply)
            answer: tuple[Any, ...] = (
                cygrpc.SendMessageOperation(reply, NONE),
                cygrpc.SendStatusFromServerOperation(None, OK, b"", NONE),
            )
        except RefusalError as error:
            number, sentence = error.code.value[0], error.sentence.encode()
            status = cygrpc.SendStatusFromServerOperation(error.metadata(), number, sentence, NONE)
            answer = (status,)
        first = cygrpc.SendInitialMetadataOperation(said, NONE)
        self._call.start_server_batch((first, *answer, cygrpc.ReceiveCloseOnServerOperation(NONE)), self.done)
        return None, ()

    def done(self, event: Any) -> Heard:
        return self, ()
