"""When a cycle looks for what may be removed: not where all that goes has gone before."""

from auto_deployment.cycle.publish import has_gone
from auto_deployment.publish.retention import Retention
from auto_deployment.training.workspace import write_json
from tests.support.cycle.home import CycleHome

FIRST, SECOND = "20260301T1200-00000001", "20260302T1200-00000002"


def test_who_keeps_everything_removes_nothing(home: CycleHome) -> None:
    assert has_gone(home.make(), Retention((FIRST, SECOND), ()))


def test_what_goes_anew_has_not_gone(home: CycleHome) -> None:
    cycle = home.make()
    assert not has_gone(cycle, Retention((SECOND,), (FIRST,)))
    write_json(cycle.layout.collected, [FIRST])
    assert has_gone(cycle, Retention((SECOND,), (FIRST,)))
    assert not has_gone(cycle, Retention((), (FIRST, SECOND)))
