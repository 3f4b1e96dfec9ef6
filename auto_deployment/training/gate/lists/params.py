"""The section `gate.lists` of `params.yaml`."""

from dataclasses import dataclass

from auto_deployment.errors import BadInputError


@dataclass(frozen=True, slots=True)
class ListDiffParams:
    """Beyond these limits a person decides. The defaults are for a `params.yaml` that lacks the section."""

    users: int = 1000  # asked of both models
    overlap_min: float = 0.3  # share of titles that stay, of 20, mean over users
    rbo_min: float = 0.25  # the same by rank
    popularity_shift_max: float = 1.0  # of what is shown, in doublings of its events, either way
    genre_distance_max: float = 0.15  # share of what is shown that has moved to other genres
    coverage_factor_max: float = 2.5  # as many different titles shown, or as few

    def __post_init__(self) -> None:
        """Refuse values that say nothing."""
        needs = {
            "users must be at least 1": self.users >= 1,
            "overlap_min and rbo_min must lie between 0 and 1": 0 <= self.overlap_min <= 1
            and 0 <= self.rbo_min <= 1,
            "popularity_shift_max must not be negative": self.popularity_shift_max >= 0,
            "genre_distance_max must lie between 0 and 1": 0 <= self.genre_distance_max <= 1,
            "coverage_factor_max must be at least 1": self.coverage_factor_max >= 1,
        }
        for need, fulfilled in needs.items():
            if not fulfilled:
                raise BadInputError(f"gate: lists: {need}.")
