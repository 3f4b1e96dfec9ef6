"""Questions in SQL about impressions and outcomes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from auto_deployment.feedback.engine import Engine
from auto_deployment.feedback.store import FeedbackStore


def ask(
    engine: Engine,
    store: FeedbackStore,
    sql: str,
    values: Mapping[str, Any],
    since: datetime | None = None,
    given: Mapping[str, pa.Table] | None = None,
) -> pa.Table:
    """Answer a question about the tables of a store, and about those given along; raise `FeedbackError`."""
    with engine.connection() as connection:
        store.show(connection, since)
        for name, rows in (given or {}).items():
            connection.register(name, rows)
        return connection.sql(sql, params=dict(values)).to_arrow_table()
