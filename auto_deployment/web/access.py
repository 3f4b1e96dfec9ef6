"""Who may ask: whoever has the token, and after some wrong tries nobody from that address for a while."""

import hashlib
import hmac
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

FREE_TRIES = 5
LONGEST_WAIT_S = 60
_ADDRESSES = 1_000
_SCHEME = "bearer "
Known = Callable[[bytes], bool]  # whether a token is good, by its SHA-256


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a request is not looked at: a status, a sentence, and how long to wait before the next one."""

    status: int
    detail: str
    wait_s: int | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Return what an answer says of it: that a token is asked for, or when to come again."""
        if self.wait_s is not None:
            return {"Retry-After": str(self.wait_s)}
        return {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}


class Access:
    """Compares tokens in constant time; each worker counts the wrong ones for itself. `clock` is in seconds.

    While an address has to wait, the right token is not looked at either: else guessing would not be slower.
    `others` know tokens that are right elsewhere, with the sentence for each.
    """

    def __init__(
        self,
        token: str | Known,
        clock: Callable[[], float],
        asks: str,
        others: Sequence[tuple[Known, str]] = (),
    ) -> None:
        self._is_right = exactly(token) if isinstance(token, str) else token
        self._others = others
        self._asks = asks  # the sentence for who has no token, or a wrong one
        self._clock = clock
        self._turn = threading.Lock()
        self._tries: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how many, and when the last was

    def refusal(self, address: str, given: str | None) -> Refused | None:
        """Return why a request with this token (None: it has none) is refused, None for one that is not."""
        with self._turn:
            tries, last = self._tries.get(address, (0, 0.0))
            if (wait_s := last + wait_after(tries) - self._clock()) > 0:
                seconds = math.ceil(wait_s)
                return Refused(429, f"Too many wrong tokens: try again in {seconds} s.", seconds)
            digest = None if given is None else digest_of(given)
            if digest is not None and self._is_right(digest):
                self._tries.pop(address, None)
                return None
            for is_right, sentence in self._others:
                if digest is not None and is_right(digest):
                    return Refused(403, sentence)  # no guess, but wrong tries before it still count
            if given is not None:  # who sends none guesses nothing
                self._tries[address] = (tries + 1, self._clock())
                self._tries.move_to_end(address)
                if len(self._tries) > _ADDRESSES:
                    self._tries.popitem(last=False)
        return Refused(401, self._asks)


def bearer(header: str | None) -> str | None:
    """Return the token of an `Authorization` header: nothing for one of another kind, None for no header."""
    if header is None:
        return None
    return header[len(_SCHEME) :] if header.lower().startswith(_SCHEME) else ""


def wait_after(tries: int) -> int:
    """Return for how many seconds an address is refused after so many wrong tokens."""
    return 0 if tries < FREE_TRIES else min(2 ** (tries - FREE_TRIES), LONGEST_WAIT_S)


def exactly(token: str) -> Known:
    """Return what knows one token, and says so in constant time."""
    expected = digest_of(token)
    return lambda digest: hmac.compare_digest(digest, expected)


def digest_of(token: str) -> bytes:
    return hashlib.sha256(token.strip().encode("utf-8", "surrogateescape")).digest()
