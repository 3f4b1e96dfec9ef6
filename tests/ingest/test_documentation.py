"""`docs/ingest.md` names what there is."""

import re

from auto_deployment.dataset.events import Reason
from auto_deployment.ingest.drift.drift import CHECKS
from auto_deployment.ingest.metrics import IngestMetrics
from tests.support.project import PROJECT

TEXT = (PROJECT / "docs" / "ingest.md").read_text("utf-8")


def test_every_metric_and_every_reason_is_documented() -> None:
    families = [family.name for family in IngestMetrics().registry.collect()]
    ours = [name.removeprefix("marquee_ingest_") for name in families if name.startswith("marquee_ingest_")]
    assert len(ours) > 15
    assert [name for name in ours if name not in TEXT] == []
    assert [str(reason) for reason in Reason if f"`{reason}`" not in TEXT] == []


def test_every_documented_metric_exists() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| `") and not line.startswith("| `/")]
    named = {name for row in rows for name in re.findall(r"`([a-z_]+)(?:\{[a-z]+\})?`", row.split("|")[1])}
    samples = {
        name.removeprefix("marquee_ingest_").removesuffix("_total")
        for family in IngestMetrics().registry.collect()
        for name in (family.name, *(sample.name for sample in family.samples))
    }
    assert {name.removesuffix("_total") for name in named if "_" in name} - samples == set()


def test_the_checks_of_drift_are_those_that_the_metrics_show() -> None:
    assert len(set(CHECKS)) == len(CHECKS) == 8
