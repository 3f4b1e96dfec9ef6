"""The client: asks, counts, and gives the caller's own list where the service gives none."""

import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from marquee_client.address import Address
from marquee_client.answer import FALLBACK, Answer
from marquee_client.deadline import Deadline
from marquee_client.errors import ANSWERED, OPEN, CallFailedError, NoAnswerError
from marquee_client.forks import renew_in_children
from marquee_client.http import HttpWay
from marquee_client.kill_switch import Flip, KillSwitch, Rule
from marquee_client.metrics import Counts, render
from marquee_client.wish import DEFAULT_N, Wish, is_text

logger = logging.getLogger(__name__)


class Way(Protocol):
    """How the service is asked."""

    def ask(self, wish: Wish, deadline: Deadline) -> Answer: ...
    def reset(self) -> None: ...
    def renewed(self) -> "Way": ...


class Recommender:
    """Asks one Marquee. Make one for the process, and call it from any number of threads.

    `address` is `http://HOST:PORT`, `https://HOST`, `grpc://HOST:8500` or `grpcs://HOST:8500`; a path before
    the service's own, or over gRPC the name of a model, may follow. `ca_file` has the certificates that TLS
    trusts in place of the usual ones. `fallback` holds movie ids, best first, for when there is no
    answer. A call ends within `budget_s`, connecting and a second attempt included: 0.6 s is what the edge of
    Marquee takes at most, and what people do not notice much. `on_flip` is called by the thread whose call
    flipped the switch. `name` is the label of the metrics, else host and port.
    """

    def __init__(
        self,
        address: str,
        fallback: Iterable[str],
        *,
        budget_s: float = 0.6,
        connect_s: float = 0.6,
        ca_file: str | None = None,
        rule: Rule | None = None,
        raise_on_failure: bool = False,
        on_flip: Callable[[Flip], object] | None = None,
        name: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raise `ValueError` for what cannot work, `OSError` for a file. Nothing is asked yet."""
        self._rule = rule or Rule()
        self._fallback = _movies(fallback)
        _check(budget_s, connect_s, self._rule)
        parsed = Address.parsed(address)
        self._budget_s = budget_s
        self._raises = raise_on_failure
        self._on_flip = on_flip
        self._name = name or parsed.netloc
        self._clock = clock
        self._way: Way = _way(parsed, connect_s, ca_file)
        self._begin()
        renew_in_children(self)

    def recommend(
        self, user: int, n: int = DEFAULT_N, *, exclude: Iterable[str] = (), genre: str | None = None
    ) -> Answer:
        """Return the service's list for a user, or the fallback with the reason.

        The fallback is without excluded movies and no longer than `n`; of genres it knows nothing. Raises
        `ValueError` for what can never be right, and `NoAnswerError` where `raise_on_failure` is set.
        """
        wish = Wish.checked(user, n, exclude, genre)
        switch, counts = self._switch, self._counts
        ticket = switch.enter()
        if ticket is None:
            counts.count(OPEN)
            return self._instead(wish, OPEN, self._why_open)
        try:
            answer = self._way.ask(wish, Deadline(self._budget_s))
        except CallFailedError as failure:
            reason = str(failure)
            counts.count(failure.outcome)
            self._tell(switch.leave(ticket, reason if failure.is_the_services else None))
            return self._instead(wish, failure.outcome, reason)
        except BaseException:  # Ctrl-C, or a thread that is ended: nobody else could probe
            switch.abandon(ticket)
            raise
        counts.count(ANSWERED)
        self._tell(switch.leave(ticket, None))
        return answer

    @property
    def is_open(self) -> bool:
        """Tell whether the service is not asked at present."""
        return self._switch.is_open

    def counts(self) -> dict[str, int]:
        """Return how many calls of this process ended how; `errors.OUTCOMES` says what each means."""
        return self._counts.all()

    def metrics(self) -> str:
        """Return the counts of this process in the Prometheus text format 0.0.4."""
        return render(self._switch, self._counts.all(), self._name)

    def close(self) -> None:
        """Close what is kept open; a later call opens it again."""
        self._way.reset()

    def renew(self) -> None:
        """Begin anew in a forked process: counts at 0, the switch closed, connections of its own."""
        self._way = self._way.renewed()
        self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self) -> None:
        self._switch = KillSwitch(self._rule, self._clock)
        self._counts = Counts()
        self._why_open = ""

    def _instead(self, wish: Wish, outcome: str, reason: str) -> Answer:
        if self._raises:
            raise NoAnswerError(outcome, reason)
        movies = self._fallback
        if wish.exclude:
            left_out = set(wish.exclude)
            movies = tuple(movie for movie in movies if movie not in left_out)
        return Answer(movies[: wish.n], FALLBACK, reason=reason)

    def _tell(self, flip: Flip | None) -> None:
        if flip is None:
            return
        if flip.is_open:
            self._why_open = (
                f"The kill switch is open: {flip.failed} of {flip.calls} calls failed, lastly: {flip.reason}"
            )
            logger.warning("%s: %s", self._name, self._why_open)
            self._way.reset()  # the call that tries again shall meet nothing of before
        else:
            logger.warning("%s: The kill switch is closed: the service answers again.", self._name)
        if self._on_flip is not None:
            try:
                self._on_flip(flip)
            except Exception:  # it is the caller's code, and a call shall not fail for it
                logger.exception("%s: on_flip failed", self._name)


def _way(address: Address, connect_s: float, ca_file: str | None) -> Way:
    if ca_file is not None and not address.has_tls:
        raise ValueError("ca_file is for https:// and grpcs:// addresses: leave it out, or ask over TLS.")
    if not address.is_grpc:
        return HttpWay(address, connect_s, ca_file)
    try:
        from marquee_client.rpc import RpcWay
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{address.scheme}:// needs {error.name}: pip install 'marquee-client[grpc]'."
        ) from error
    return RpcWay(address, connect_s, None if ca_file is None else Path(ca_file).read_bytes())


def _movies(fallback: Iterable[str]) -> tuple[str, ...]:
    movies = tuple(fallback)
    if isinstance(fallback, str) or not all(map(is_text, movies)):
        raise ValueError("fallback is a list of movie ids, best first.")
    return movies


def _check(budget_s: float, connect_s: float, rule: Rule) -> None:
    if not (budget_s > 0 and connect_s > 0):
        raise ValueError(f"budget_s and connect_s are above 0, not {budget_s!r} and {connect_s!r}.")
    if budget_s * rule.min_calls > rule.window_s:
        most_s = rule.window_s / rule.min_calls
        raise ValueError(
            f"budget_s is at most window_s / min_calls, {most_s:g}, not {budget_s!r}: "
            "one thread alone would never see enough calls fail of a service that hangs."
        )
