"""How a service asks for lists, with or without what users did since the training."""

from collections.abc import Collection, Hashable
from typing import Any, NamedTuple, Protocol

from app.recommender import Answer, Recommender
from app.scoring.reasons import Why

AGE_HEADER = "X-Recommendation-Fresh"


class Age(NamedTuple):
    """How old what is known of users is, as a header: its fields, and as it is sent."""

    fields: tuple[tuple[str, str], ...] = ()
    text: str = ""

    @classmethod
    def of(cls, seconds: float) -> "Age":
        value = str(int(seconds))
        return cls(((AGE_HEADER, value),), f"{AGE_HEADER}: {value}\r\n")


class Lists(Protocol):
    """Where a list comes from."""

    @property
    def age(self) -> Age:
        """What a list says of how much it knows; nothing where there is nothing to say."""

    @property
    def status(self) -> dict[str, Any] | None:
        """What `/version` says of recent events, None where none are followed."""

    def recommend(
        self,
        recommender: Recommender,
        user_id: int,
        n: int = 20,
        exclude: Collection[str] = (),
        genre: str | None = None,
    ) -> Answer:
        """Return a user's list as `Recommender.recommend` does; raise `UnknownGenreError`."""

    def user_row(self, recommender: Recommender, user_id: int) -> int | None:
        """Return where the model has a user; None also for one who is forgotten."""

    def scores(self, recommender: Recommender, user_id: int, rows: list[int]) -> list[float] | None:
        """Return what a computed list of the user would order the rows by, also of those that are seen.

        None for whoever would get a popular list.
        """

    def reasons(self, recommender: Recommender, user_id: int, answer: Answer) -> list[Why] | None:
        """Return for each movie of a personal list what speaks for it, as `Recommender.reasons` does."""

    def seen_since(self, recommender: Recommender, user_id: int) -> set[int]:
        """Return rows of what a user has begun since the training, for a page that says so."""

    def known_since(self, user_id: int) -> Hashable:
        """Return all that is known of a user beside the model: where it is the same, so is the list."""

    def refresh(self) -> None:
        """Take over what is new; called once a second."""

    def series(self) -> bytes:
        """Return what `/metrics` says of it."""


def model_scores(recommender: Recommender, user_row: int | None, rows: list[int]) -> list[float] | None:
    """Return what the model alone orders the rows by for a user, None for whoever gets a popular list."""
    if user_row is None or not recommender.is_personal(user_row):
        return None
    return recommender.score_rows(user_row, rows)


class ModelLists:
    """What the model says, and no more."""

    age = Age()
    status = None

    def recommend(
        self,
        recommender: Recommender,
        user_id: int,
        n: int = 20,
        exclude: Collection[str] = (),
        genre: str | None = None,
    ) -> Answer:
        return recommender.recommend(user_id, n, exclude, genre)

    def user_row(self, recommender: Recommender, user_id: int) -> int | None:
        return recommender.user_row(user_id)

    def scores(self, recommender: Recommender, user_id: int, rows: list[int]) -> list[float] | None:
        return model_scores(recommender, recommender.user_row(user_id), rows)

    def reasons(self, recommender: Recommender, user_id: int, answer: Answer) -> list[Why] | None:
        return recommender.reasons(recommender.user_row(user_id), answer)

    def seen_since(self, recommender: Recommender, user_id: int) -> set[int]:
        return set()

    def known_since(self, user_id: int) -> Hashable:
        return None

    def refresh(self) -> None:
        pass

    def series(self) -> bytes:
        return b""
