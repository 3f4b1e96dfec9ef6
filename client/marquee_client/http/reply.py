"""A response of the service, read as the list that it is, or as the reason why it is none."""

import json
from http.client import HTTPResponse, IncompleteRead

from marquee_client.answer import Answer
from marquee_client.errors import ERROR, REFUSED, CallFailedError

SOURCE = "X-Recommendation-Source"
MAX_BYTES = 262_144  # 100 ids are a few thousand
# Of the statuses that blame the question these say: not now.
NOT_NOW = (408, 425, 429)


def body_of(response: HTTPResponse) -> bytes:
    """Return the body; raise `http.client.IncompleteRead` for a part of it, `CallFailedError` if too long."""
    body = response.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise CallFailedError(ERROR, f"The answer is larger than {MAX_BYTES} bytes.")
    if response.length:
        raise IncompleteRead(body, response.length)
    return body


def answer_of(response: HTTPResponse, body: bytes) -> Answer:
    """Return the list; raise `CallFailedError` for every other answer."""
    status, headers = response.status, response.headers
    if status != 200:
        is_refused = 400 <= status < 500 and status not in NOT_NOW
        raise CallFailedError(
            REFUSED if is_refused else ERROR, f"{status}: {_detail(body) or response.reason}"
        )
    source = headers.get(SOURCE)
    if source is None:
        raise CallFailedError(ERROR, f"What answers there is not Marquee: no {SOURCE}.")
    try:
        line = body.decode("utf-8")
    except UnicodeDecodeError:
        raise CallFailedError(ERROR, "The list is not UTF-8.") from None
    return Answer(
        tuple(line.split(",")) if line else (),
        source,
        headers.get("X-Model-Version", ""),
        headers.get("X-Release", ""),
        headers.get("X-Release-Track", ""),
    )


def _detail(body: bytes) -> str:
    """Return the sentence of a problem (RFC 9457), nothing where it is none."""
    try:
        problem = json.loads(body)
    except ValueError:
        return ""
    return str(problem.get("detail") or "")[:300] if isinstance(problem, dict) else ""
