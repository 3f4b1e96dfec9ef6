"""The `search` section of `params.yaml`."""

from dataclasses import dataclass

from auto_deployment.errors import BadInputError
from search.settings import BuildSettings


@dataclass(frozen=True, slots=True)
class SearchParams(BuildSettings):
    """How an index is built, checked, and whether a cycle builds one."""

    enabled: bool = True

    def __post_init__(self) -> None:
        if min(self.shards, self.passes, self.questions) < 1 or self.seed < 0:
            raise BadInputError("search: shards, passes and questions must be at least 1, seed not negative.")
        if not 0 < self.recall_min < 1 or self.title_from_loss_max < 0:
            raise BadInputError(
                "search: recall_min must be between 0 and 1, and title_from_loss_max not negative."
            )
        if not self.title_from or not all(
            0 <= one <= 1 for one in (*self.title_from, self.plain_from, self.slip_from)
        ):
            raise BadInputError(
                "search: title_from must list some number; these, plain_from and slip_from are from 0 to 1."
            )
        if min(self.year_weight, self.words_weight) < 0:
            raise BadInputError("search: year_weight and words_weight must not be negative.")
