"""Kinds of users that a model must not forget: by gender, age band and activity."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from auto_deployment.dataset.arrays import Int32Array, Int64Array

AGE_FROM = (18, 25, 35, 45, 56)
AGE_BANDS = ("under 18", "18-24", "25-34", "35-44", "45-55", "56 and over")
UNKNOWN = "unknown"

Labels = npt.NDArray[np.object_]


class Groups:
    """Puts users into groups; activity bands hold a third each of the users they are made for."""

    def __init__(
        self, users: pd.DataFrame, known_ids: Int64Array, events: Int32Array, measured_ids: Int64Array
    ) -> None:
        self._users = users.set_index("user_id")[["gender", "age"]]
        self._events = pd.Series(events, index=known_ids)
        own = self._events.reindex(measured_ids).to_numpy()
        self._edges = np.unique(np.quantile(own, [1 / 3, 2 / 3], method="higher")) if len(own) else own

    def of(self, user_ids: Int64Array) -> Iterator[tuple[str, Labels, list[str]]]:
        """Yield each way of grouping: its name, every user's group, and the groups in order."""
        known = self._users.reindex(user_ids)
        gender = known["gender"].astype("object").where(known["gender"].notna(), UNKNOWN).to_numpy()
        yield "gender", gender, [*sorted(set(gender) - {UNKNOWN}), UNKNOWN]
        age = known["age"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
        band = np.array(AGE_BANDS, dtype=object)[np.digitize(np.nan_to_num(age), AGE_FROM)]
        yield "age", np.where(np.isnan(age), UNKNOWN, band), [*AGE_BANDS, UNKNOWN]
        yield "activity", *self._activity(self._events.reindex(user_ids).fillna(0).to_numpy())

    def _activity(self, events: Int64Array) -> tuple[Labels, list[str]]:
        lows = [1, *self._edges.astype(int).tolist()]
        highs = [*(low - 1 for low in lows[1:]), None]
        names = [
            f"{low} events and more" if high is None else f"{low}-{high} events"
            for low, high in zip(lows, highs, strict=True)
        ]
        return np.array(names, dtype=object)[np.digitize(events, lows[1:])], names
