"""What to expect of releases under one's own traffic: when what is harmless is promoted, what is found."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from auto_deployment.errors import BadInputError
from auto_deployment.release.judge.simulation.cases import CANARY_SHARE, Scenario
from auto_deployment.release.judge.simulation.characteristics import TICK_S, Characteristic, characterise
from auto_deployment.release.params import JudgeParams

DAY_S, HOUR_S = 86_400.0, 3600.0
WINDOWS_H = (3, 6, 12, 24, 48, 96, 168)
HARMFUL_SHARES = (0.01, 0.02, 0.05, 0.2, 1.0)  # of the canary's requests
ENOUGH = 0.95  # of harmless candidates promoted: a window that fits
TICKS = 360  # a longer window is looked at so often only: its rates are simulated as those of as many minutes
RARE = 1e-9  # stands for a share of zero, of which nothing is a multiple
MOST = 1e10


@dataclass(frozen=True, slots=True)
class Demand:
    """What reaches the service in a day, and which share of the requests is bad on stable as it is."""

    requests: float
    users: float  # different ones
    bad_share: float

    def __post_init__(self) -> None:
        """Refuse what no service has."""
        if not 1 <= self.users <= self.requests <= MOST:
            raise BadInputError(
                f"{self.requests:g} requests a day by {self.users:g} users cannot be: give at least one "
                f"user, no more users than requests, and at most {MOST:g} requests."
            )
        if not 0 <= self.bad_share <= 0.2:
            raise BadInputError(
                f"A share of {self.bad_share:g} bad requests: give 0 to 0.2. Half a percent is 0.005 or "
                "0.5%; a service with more than 20 % needs repair before it needs releases."
            )

    def requests_per_user(self) -> float:
        """Return how often each of all users asks in a day, those who stay away included.

        Somebody who asks x times a day on average, at random times, asks at all with a chance of 1 - exp(-x).
        """
        low, high = 1e-3, self.requests / self.users * 2 + 1
        while high - low > 1e-6 * high:
            middle = (low + high) / 2
            too_low = -math.expm1(-middle) / middle > self.users / self.requests
            low, high = (middle, high) if too_low else (low, middle)
        return low

    def canary_users(self, window_s: float) -> float:
        """Return how many users of the canary to expect in a window."""
        often = self.requests_per_user()
        return CANARY_SHARE * self.requests / often * -math.expm1(-often * window_s / DAY_S)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What becomes of candidates of one kind in one window; times in seconds."""

    window_s: float
    promoted: float  # at its end
    aborted: float
    median_s: float | None  # until an abort, and nine tenths of them; None: fewer than half are aborted
    nine_tenths_s: float | None


@dataclass(frozen=True, slots=True)
class Simulation:
    """The shipped judge under a demand."""

    demand: Demand
    params: JudgeParams
    runs: int
    seed: int

    def harmless(self, window_s: float, min_users: int | None = None) -> Foreseen:
        """Foresee a candidate that is like stable."""
        return self._foresee(Scenario("harmless", bad_share=self.demand.bad_share), window_s, min_users)

    def harmful(self, window_s: float) -> Iterator[tuple[float, Foreseen]]:
        """Foresee candidates that fail in shares of all requests, as far as that is more than stable does."""
        usual = max(self.demand.bad_share, RARE)
        for share in HARMFUL_SHARES:
            if share >= 2 * usual:
                scenario = Scenario(f"{share}", True, bad_share=usual, canary_ratio=share / usual)
                yield share, self._foresee(scenario, window_s)

    def without_users(self, window_s: float) -> Foreseen:
        """Foresee a candidate that gives the popularity list to twice as many users, 20 %."""
        scenario = Scenario("popular", True, bad_share=self.demand.bad_share, fallback_ratio=2)
        return self._foresee(scenario, window_s)

    def _foresee(self, scenario: Scenario, window_s: float, min_users: int | None = None) -> Foreseen:
        """Simulate a window, a longer one as one of `TICKS` minutes with as many requests."""
        simulated_s = min(TICKS * TICK_S, window_s)
        stretch = window_s / simulated_s
        scenario = replace(
            scenario,
            watch_share=0,  # nobody has said how many watch
            requests_per_s=self.demand.requests / DAY_S * stretch,
            requests_per_user=self.demand.requests_per_user() * window_s / DAY_S,
        )
        params = replace(
            self.params,
            window_s=simulated_s,
            max_window_s=simulated_s + TICK_S,
            min_users=self.params.min_users if min_users is None else min_users,
        )
        found = characterise(scenario, 0.0, params, self.runs, self.seed, checked=0)
        return _foreseen(found, window_s, stretch)


def _foreseen(found: Characteristic, window_s: float, stretch: float) -> Foreseen:
    median_s, nine_tenths_s = None, None
    if found.minutes is not None:
        median_s, nine_tenths_s = (minutes * TICK_S * stretch for minutes in found.minutes[1:])
    return Foreseen(window_s, found.promoted, found.aborted, median_s, nine_tenths_s)


def fitting_window(harmless: list[Foreseen]) -> float | None:
    """Return the shortest window after which harmless candidates are promoted, None where none is."""
    return next((one.window_s for one in harmless if one.promoted >= ENOUGH), None)
