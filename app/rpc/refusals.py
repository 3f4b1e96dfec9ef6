"""What a call is told that gets no list: a status of gRPC, a sentence, and the field that is wrong."""

from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode

DETAILS = "grpc-status-details-bin"  # where clients of every language look for google.rpc.Status

PUSHBACK = "grpc-retry-pushback-ms"


class RefusalError(Exception):
    """A call that is answered with a status; the message is one sentence for whoever made it."""

    def __init__(
        self, code: StatusCode, sentence: str, field: str | None = None, again_ms: int | None = None
    ) -> None:
        super().__init__(sentence)
        self.code, self.sentence, self.field, self.again_ms = code, sentence, field, again_ms

    def metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """Return what a program reads: the wrong field, or when a client that retries shall do so."""
        if self.again_ms is not None:
            return ((PUSHBACK, str(self.again_ms)),)
        if self.field is None:
            return ()
        wrong = error_details_pb2.BadRequest(
            field_violations=[
                error_details_pb2.BadRequest.FieldViolation(field=self.field, description=self.sentence)
            ]
        )
        detail = any_pb2.Any()
        detail.Pack(wrong)
        number: int = self.code.value[0]
        status = status_pb2.Status(code=number, message=self.sentence, details=[detail])
        return ((DETAILS, status.SerializeToString()),)


def bad(field: str, sentence: str) -> RefusalError:
    """Return what says that a field has a value that cannot be."""
    return RefusalError(StatusCode.INVALID_ARGUMENT, sentence, field)
