"""Kinds of users that a model must not forget: by gender, age band and activity."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from auto_deployment.dataset.arrays import Int32Array, Int64Array
from auto_deployment.dataset.catalog import AGE_BANDS, UNKNOWN, age_bands
from auto_deployment.training.train.choose.choice import group_of

EVENT_BANDS = (  # the groups for which training chooses how much popularity is mixed in
    "1 event",
    "2 events",
    "3-4 events",
    "5-9 events",
    "10-19 events",
    "20-49 events",
    "50 events and more",
)

Labels = npt.NDArray[np.object_]


class Groups:
    """Puts users into groups; of activity, the number of training events, there are the same for all data."""

    def __init__(self, users: pd.DataFrame, known_ids: Int64Array, events: Int32Array) -> None:
        self._users = users.set_index("user_id")[["gender", "age"]]
        self._events = pd.Series(events, index=known_ids)

    def of(self, user_ids: Int64Array) -> Iterator[tuple[str, Labels, list[str]]]:
        """Yield each way of grouping: its name, every user's group, and the groups in order."""
        known = self._users.reindex(user_ids)
        gender = known["gender"].astype("object").where(known["gender"].notna(), UNKNOWN).to_numpy()
        yield "gender", gender, [*sorted(set(gender) - {UNKNOWN}), UNKNOWN]
        age = known["age"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
        yield "age", age_bands(age), [*AGE_BANDS, UNKNOWN]
        events = self._events.reindex(user_ids).fillna(0).to_numpy()
        yield "activity", np.array(EVENT_BANDS, dtype=object)[group_of(events)], [*EVENT_BANDS]
