"""The Service `canary` as the edge: it leads to the canary or to nobody."""

from auto_deployment.params import load_params
from auto_deployment.release.kubernetes.edge import KubernetesEdge
from auto_deployment.release.reconcile import Traffic
from tests.release.kubernetes.conftest import World
from tests.support.project import PROJECT

TRAFFIC = load_params(PROJECT / "params.yaml").traffic
ALL = frozenset({"stable-1", "stable-2", "canary"})


def test_before_anything_was_told_there_are_no_names(world: World) -> None:
    assert KubernetesEdge(world.api, TRAFFIC).read() == Traffic(frozenset(), "first")


def test_what_was_told_is_read_again_with_its_weights(world: World) -> None:
    edge = KubernetesEdge(world.api, TRAFFIC)
    edge.write(Traffic(ALL, "v2-abc1234"))
    found = edge.read()
    assert found == Traffic(ALL, "v2-abc1234")
    assert found.weights == {"stable-1": 40, "stable-2": 40, "canary": 20}


def test_the_canarys_name_leads_to_nobody_unless_it_gets_requests(world: World) -> None:
    edge = KubernetesEdge(world.api, TRAFFIC)
    edge.write(Traffic(ALL - {"canary"}, "x"))
    assert world.fake.selector() == {"app": "canary", "marquee/held": "true"}
    edge.write(Traffic(ALL, "x"))
    edge.write(Traffic(ALL, "x"))
    assert world.fake.selector() == {"app": "canary"}
