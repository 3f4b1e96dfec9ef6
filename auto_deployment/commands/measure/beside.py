"""`load --resources`: the table of resources beside that of load, at the end."""

import logging
from collections.abc import Sequence
from pathlib import Path

from auto_deployment.commands.measure.shared import write_bytes
from auto_deployment.recipe.beside import COLUMNS, rows, totals
from auto_deployment.recipe.load.table import Minute
from auto_deployment.recipe.resources.table import read_table
from auto_deployment.recipe.rows import RowsFile

log = logging.getLogger(__name__)


def put_beside(out: Path, minutes: Sequence[Minute], resources: Path, unit: str) -> None:
    """Write both tables as one, and one plot of both; say what was requested in all."""
    from auto_deployment.recipe.plots import beside_plot

    seen = read_table(resources)
    table = out.with_suffix(".beside.csv")
    RowsFile(table, COLUMNS).add(rows(minutes, seen))
    write_bytes(table.with_suffix(".svg"), beside_plot(minutes, seen, unit))
    for one in totals(minutes, seen):
        log.info(
            "%s: %d to %d replicas, %.1f core seconds and %.1f GB seconds requested; at its highest all the "
            "time it would have been %.1f core seconds",
            one.service, *one.replicas, one.core_s, one.gb_s, one.highest_core_s,
        )  # fmt: skip
