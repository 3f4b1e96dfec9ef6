"""The `simulate` section of `params.yaml`."""

from dataclasses import astuple, dataclass

from auto_deployment.errors import BadInputError

MAX_USERS = 1_000_000


@dataclass(frozen=True, slots=True)
class TasteParams:
    """How preferences come about; `docs/simulator.md` says why these values."""

    style_dimensions: int  # hidden traits that no genre names
    demographic_share: float  # of the variance of how much a user likes a movie; the three shares add up to 1
    genre_share: float
    style_share: float
    choice_weight: float  # log-odds of choosing a movie per standard deviation of liking it
    considered: int  # titles that come to mind before one is chosen, drawn by popularity
    seen_penalty: float  # log-odds against a movie that the user has watched before
    drift_deg_per_30d: float  # by which a user's own taste turns


@dataclass(frozen=True, slots=True)
class CatalogueParams:
    """What the catalogue looks like and how attention spreads over it."""

    popularity_log_sd: float
    wave_log_sd: float  # slow ups and downs of a title's popularity
    new_share: float  # of the titles come out while the simulation runs
    new_boost_log: float  # on the day a title comes out
    new_half_life_d: float
    odd_id_share: float
    no_year_share: float
    series_share: float  # mini-series of many hours


@dataclass(frozen=True, slots=True)
class ActivityParams:
    """How much users do."""

    viewings_per_user_d: float
    viewings_log_sd: float  # spread of that between users
    joining_share: float  # of the users sign up while the simulation runs
    finish_log_odds: float
    finish_weight: float  # log-odds of watching to the end per standard deviation of liking the movie
    ratings_per_viewing: float
    rating_user_concentration: (
        float  # below 1 a few users rate nearly all they watch and most rate next to nothing
    )
    requests_per_viewing: float
    failed_request_share: float


@dataclass(frozen=True, slots=True)
class OpinionParams:
    """How a rating comes about, on a scale of 1-5 before rounding; it is stretched to other scales."""

    mean: float
    user_sd: float
    movie_sd: float
    movie_popularity_correlation: float
    taste_weight: float  # per standard deviation of liking the movie
    noise_sd: float


@dataclass(frozen=True, slots=True)
class ListParams:
    """What users make of lists that a real service shows them; `docs/simulator.md` says why these values."""

    watched_share: float  # of lists of the most popular titles: something of them is begun
    position_exponent: float  # the title at place k is looked at with the chance k ** -exponent
    appeal_weight: float  # of what decides about other viewings: 1 would decide as sharply
    rest_h: float  # after a title from a list, in which its user begins no other one from a list
    local_asks_per_s: float  # requests for lists in `make run` with demo data; 0: none


@dataclass(frozen=True, slots=True)
class DamageParams:
    """Shares of all lines, by kind of damage; `duplicate` and `late` lines are valid ones."""

    stray: float  # a letter or space anywhere
    movie_stray: float  # a letter or space within the movie id
    movie_token: float  # the movie id replaced by a random token
    user: float  # an extra digit, a minus sign or a letter in the user id
    encoding: float  # a byte that is not UTF-8
    empty: float
    long: float
    tombstone: float  # null in Kafka; an empty line in a file
    duplicate: float
    late: float


@dataclass(frozen=True, slots=True)
class SimulateParams:
    """A simulated platform and its stream."""

    seed: int
    users: int
    movies: int
    days: int
    start: str  # first moment, ISO 8601 in UTC
    minute_step: int  # one watch line every so many minutes; the real platform writes every minute
    watch_fraction_digits: int  # of the seconds: 0, 3 or 6
    request_fraction_digits: int
    server: str
    late_max_s: int
    taste: TasteParams
    catalogue: CatalogueParams
    activity: ActivityParams
    opinion: OpinionParams
    lists: ListParams
    damage: DamageParams


def check(params: SimulateParams) -> None:
    """Raise `BadInputError` naming the first value that no platform can have."""
    if not 1 <= params.users <= MAX_USERS:
        raise BadInputError(f"simulate: users is {params.users}: use 1 to {MAX_USERS}.")
    for name in ("movies", "days", "minute_step"):
        if getattr(params, name) < 1:
            raise BadInputError(f"simulate: {name} is {getattr(params, name)}: use 1 or more.")
    for name in ("watch_fraction_digits", "request_fraction_digits"):
        if getattr(params, name) not in (0, 3, 6):
            raise BadInputError(f"simulate: {name} is {getattr(params, name)}: use 0, 3 or 6.")
    check_lists(params.lists)
    shares = astuple(params.damage)
    if min(shares) < 0 or sum(shares) > 1:
        raise BadInputError("simulate: the shares of damage must be 0 or more and at most 1 in all.")


def check_lists(lists: ListParams) -> None:
    """Raise `BadInputError` on what no user can make of a list."""
    if not 0 < lists.watched_share < 1:
        raise BadInputError(f"simulate: lists: watched_share is {lists.watched_share}: use 0 to 1, neither.")
    for name in ("position_exponent", "appeal_weight", "rest_h", "local_asks_per_s"):
        if not 0 <= getattr(lists, name) <= 1000:
            raise BadInputError(f"simulate: lists: {name} is {getattr(lists, name)}: use 0 to 1000.")
