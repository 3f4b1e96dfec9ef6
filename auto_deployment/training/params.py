"""The sections `training` and `spark` of `params.yaml`."""

from dataclasses import dataclass, field

from auto_deployment.host.codec import LATER


@dataclass(frozen=True, slots=True)
class PrepareParams:
    """How events become interactions, and which of them are held out; fractions are shares of a movie."""

    test_share: float
    min_split_users: int  # on both sides of one global cut; with fewer, each user is split alone
    random_split_seed: int  # where times cannot split
    assumed_runtime_min: int  # least runtime of a movie that the catalogue has none for
    full_watch_max_min: int
    relevant_rating: float  # 1-5; in the held-out part
    relevant_watched: float


@dataclass(frozen=True, slots=True)
class BiasParams:
    """Surprise's BaselineOnly by alternating least squares."""

    epochs: int
    user_regularization: float
    movie_regularization: float


@dataclass(frozen=True, slots=True)
class SvdParams:
    """Surprise's SVD; `ratings_max` bounds ratings x epochs."""

    factors: int
    epochs: int  # at most
    epochs_min: int
    ratings_max: int
    learning_rate: float
    regularization: float
    init_deviation: float


@dataclass(frozen=True, slots=True)
class BayesianParams:
    """Factors of ratings by variational Bayes; `ratings_max` bounds ratings x passes."""

    factors: int
    passes_max: int
    passes_min: int
    ratings_max: int


@dataclass(frozen=True, slots=True)
class AlsParams:
    """Implicit's alternating least squares; confidence = confidence_gain * strength, left out below 1.

    `regularization` is relative to `confidence_gain` times the singular value of strengths of this rank.
    """

    factors: int
    iterations: int
    regularization: float
    spectrum_rank: int
    confidence_gain: float


@dataclass(frozen=True, slots=True)
class ItemParams:
    """Item-to-item weights; regularised by the square of the singular value of strengths of this rank."""

    spectrum_rank: int
    movies: int  # the most liked ones
    kept_per_movie: int  # the largest weights of all, not of each


@dataclass(frozen=True, slots=True)
class ChooseParams:
    """What is chosen for each model on a part held out from its training data, and how much that may cost."""

    item_weights: tuple[float, ...]  # factors count 1; the item part alone is tried as well
    half_lives: tuple[float, ...]  # events; that nothing fades is tried as well
    popular_weights: tuple[float, ...]  # the personal parts count 1; popularity alone is tried as well
    cut_shares: tuple[float, ...]  # one cut after the other, until there are users enough
    users: int  # who choose, of all cuts
    newcomers: int  # left out of each fit, at most; then met with their first events
    fit_users: int  # of more, the models that choose are fitted to a sample
    movies: int  # of the item part that chooses


@dataclass(frozen=True, slots=True)
class PopularityParams:
    """Recent popularity, smoothed with that of all times."""

    half_life_days: float
    smoothing_events: float


@dataclass(frozen=True, slots=True)
class ListParams:
    """The lists that are computed at training time."""

    stored_users: int  # the most recently active ones
    length: int


@dataclass(frozen=True, slots=True)
class ContinuedParams:
    """How a model goes on from another one's weights, and which one may not be gone on from."""

    rounds_max: int = 4  # one after the other; then one is trained from nothing
    known_min: float = 0.9  # of the other one's movies, and of the events to learn from by their movies
    learnt_max: float = 0.01  # of the events held out: the other one has learnt from them already
    als_iterations: int = 2
    svd_epochs: int = 3
    bayesian_ratings_max: int = 2500000  # ratings x passes
    item_movies: int = 2500  # whose item-to-item weights among each other are computed anew
    stored_users: int = 10000  # with something new, who were active last: weighed anew, with a stored list


@dataclass(frozen=True, slots=True)
class TrainParams:
    """How the model is fitted."""

    seed: int
    min_events: int  # with fewer, a user gets the popularity list; where too little is held out to choose
    rating_power: float  # strength of a rating r: ((r - 1) / 4) ** rating_power
    svd_weight: float  # in the blend, both parts having standard deviation 1 over a user's scores
    svd_prior_ratings: float  # a user with so many ratings gets half of the weight
    bias: BiasParams
    svd: SvdParams
    bayesian: BayesianParams
    als: AlsParams
    items: ItemParams
    choose: ChooseParams
    popularity: PopularityParams
    lists: ListParams
    continued: ContinuedParams = field(default_factory=ContinuedParams, metadata=LATER)


@dataclass(frozen=True, slots=True)
class EvaluateParams:
    """How a model is measured."""

    cutoff: int  # length of the lists
    max_users: int  # whose lists are measured; of more, a seeded sample
    bootstrap_samples: int
    interval_level: float


@dataclass(frozen=True, slots=True)
class TrainingParams:
    """Everything about making and measuring a model, a section for each step."""

    prepare: PrepareParams
    train: TrainParams
    evaluate: EvaluateParams


@dataclass(frozen=True, slots=True)
class SparkRatingParams:
    """Spark's alternating least squares of what biases leave: a row's penalty grows with its entries.

    It is for more than `above` ratings; fewer are fitted in the driver as locally, which predicts better.
    """

    above: int = 5000000
    factors: int = 32
    iterations: int = 10
    regularization: float = 0.05
    bias_epochs: int = 5


@dataclass(frozen=True, slots=True)
class SparkParams:
    """The section `spark`: how Spark fits; what is not here is as in `training`."""

    block_events: int = 250000  # a task's share: whole users
    als_blocks: int = 8  # of users, and of movies
    attempts: int = 3  # of each step, from the driver's data, where Spark's own retries did not help
    no_worker_max_s: int = 120  # then the training gives up
    driver_memory_mb: int = 2048
    executor_memory_mb: int = 2048
    ratings: SparkRatingParams = field(default_factory=SparkRatingParams, metadata=LATER)
