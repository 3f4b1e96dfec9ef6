"""The upstream of a local run, as releases write it."""

from pathlib import Path

import pytest

from auto_deployment.config.addresses import LocalAddresses
from auto_deployment.edge.nginx_config import TrafficError
from auto_deployment.local.instances import instances
from auto_deployment.local.releases.edge import LocalEdge
from auto_deployment.params import load_params
from auto_deployment.release.ports import PortError
from auto_deployment.release.reconcile import NAMES, STABLE_NAMES, Traffic
from tests.support.project import PROJECT

PARAMS = load_params(PROJECT / "params.yaml").traffic


class Nginx:
    """Notes what it is asked; `refuses` is its complaint."""

    def __init__(self) -> None:
        self.reloads, self.refuses = 0, ""

    def check(self) -> None:
        if self.refuses:
            raise TrafficError(self.refuses)

    def reload(self) -> None:
        self.reloads += 1


@pytest.fixture
def nginx() -> Nginx:
    return Nginx()


@pytest.fixture
def edge(tmp_path: Path, nginx: Nginx) -> LocalEdge:
    file = tmp_path / "upstream.conf"
    return LocalEdge(file, instances(LocalAddresses()), PARAMS, nginx.check, nginx.reload)


@pytest.mark.parametrize("names", [NAMES, STABLE_NAMES, ("canary",)])
def test_what_is_written_is_read(edge: LocalEdge, nginx: Nginx, names: tuple[str, ...]) -> None:
    assert edge.read().names == frozenset()
    wanted = Traffic(frozenset(names), "v2-abc")
    edge.write(wanted)
    assert edge.read() == wanted
    told = {
        "stable-1": PARAMS.stable_weight,
        "stable-2": PARAMS.stable_weight,
        "canary": PARAMS.canary_weight,
    }
    assert edge.read().weights == {name: told[name] for name in names}
    assert nginx.reloads == 1


def test_what_nginx_refuses_is_taken_back(edge: LocalEdge, nginx: Nginx) -> None:
    before = Traffic(frozenset(NAMES), "v1-abc")
    edge.write(before)
    nginx.refuses = "no such directive"
    with pytest.raises(PortError, match="no such directive"):
        edge.write(Traffic(frozenset(STABLE_NAMES), "v2-abc"))
    assert edge.read() == before
    assert nginx.reloads == 1


def test_nobody_is_no_traffic(edge: LocalEdge) -> None:
    with pytest.raises(PortError, match="at least one instance"):
        edge.write(Traffic(frozenset(), "v2-abc"))
