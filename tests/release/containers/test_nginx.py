"""What NGINX is told is read back as it was meant."""

from pathlib import Path

import pytest

from auto_deployment.params import load_params
from auto_deployment.release.containers.docker import Docker, DockerError
from auto_deployment.release.containers.nginx import NginxContainer
from auto_deployment.release.ports import PortError
from auto_deployment.release.reconcile import NAMES, STABLE_NAMES, Traffic
from auto_deployment.release.upstream_file import FIRST_SALT
from tests.support.project import PROJECT
from tests.support.release.world import full

PARAMS = load_params(PROJECT / "params.yaml").traffic


class FakeDocker(Docker):
    """An engine with one NGINX, or with none."""

    def run(self, *words: str, timeout_s: float = 60.0) -> str:
        CALLS.append(" ".join(words))
        if words[0] == "ps":
            return CONTAINERS[0] if CONTAINERS else ""
        if words[0] == "exec" and REFUSES:
            raise DockerError("no such host")
        return ""


CALLS: list[str] = []
CONTAINERS: list[str] = ["n1"]
REFUSES: list[bool] = []


@pytest.fixture
def nginx(tmp_path: Path) -> NginxContainer:
    CALLS.clear()
    CONTAINERS[:] = ["n1"]
    REFUSES.clear()
    return NginxContainer(FakeDocker(), "p", tmp_path, PARAMS)


@pytest.mark.parametrize("names", [NAMES, STABLE_NAMES, ("canary",)])
def test_it_is_read_back_as_it_was_written(nginx: NginxContainer, names: tuple[str, ...]) -> None:
    traffic = Traffic(frozenset(names), "20260301T1200-aa-abc1234")
    nginx.write(traffic)
    assert nginx.read() == traffic
    assert CALLS[-2:] == ["exec n1 nginx -t -q", "kill --signal=HUP n1"]


def test_before_anything_was_written_nobody_gets_requests(nginx: NginxContainer) -> None:
    assert nginx.read() == Traffic(frozenset(), FIRST_SALT)


def test_what_the_image_writes_at_its_first_start_is_read(nginx: NginxContainer, tmp_path: Path) -> None:
    nginx.write(Traffic(frozenset(NAMES), FIRST_SALT))
    text = (tmp_path / "upstream.conf").read_text("utf-8")
    (tmp_path / "upstream.conf").write_text("\n".join("    " + line for line in text.splitlines()), "utf-8")
    assert nginx.read() == Traffic(frozenset(NAMES), FIRST_SALT)


def test_what_nginx_refuses_is_taken_back(nginx: NginxContainer) -> None:
    before = Traffic(frozenset(NAMES), "a")
    nginx.write(before)
    REFUSES.append(True)
    with pytest.raises(PortError, match="NGINX refuses the upstream"):
        nginx.write(Traffic(frozenset(STABLE_NAMES), "b"))
    assert nginx.read() == before


def test_an_nginx_that_does_not_run_reads_it_when_it_starts(nginx: NginxContainer) -> None:
    CONTAINERS.clear()
    nginx.write(Traffic(frozenset(NAMES), "a"))
    assert nginx.read().salt == "a"
    assert not any(call.startswith("kill") for call in CALLS)


def test_a_full_disk_is_told_as_what_nginx_refuses(
    nginx: NginxContainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auto_deployment.release.upstream_file.replace_text", full)
    with pytest.raises(PortError, match="NGINX cannot be told \\(No space left on device\\)"):
        nginx.write(Traffic(frozenset(NAMES), "a"))
