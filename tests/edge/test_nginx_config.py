"""What NGINX is told."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from auto_deployment.edge.nginx_config import Place, TrafficError, UpstreamServer, render, upstream, variables
from auto_deployment.params import load_params
from auto_deployment.paths import LOCAL_CONF, TEMPLATE
from tests.support.project import PROJECT

PLACE = Place("127.0.0.1:8082", "127.0.0.1:18082", "/run", "/run/nginx", "/logs", "/static")
SERVERS = [
    UpstreamServer("stable-1:8000", 40),
    UpstreamServer("stable-2:8000", 40),
    UpstreamServer("canary:8001", 20, is_canary=True),
]


def test_placeholders_are_filled_in_and_nginx_s_own_variables_stay() -> None:
    text = "a ${MARQUEE_LISTEN} $request_id ${host} $MARQUEE_LISTEN b"
    assert render(text, variables(PLACE, load_params(PROJECT / "params.yaml").traffic)) == (
        "a 127.0.0.1:8082 $request_id ${host} $MARQUEE_LISTEN b"
    )


def test_every_placeholder_of_the_shipped_files_has_a_value_and_every_value_a_placeholder() -> None:
    names = {
        name
        for file in (TEMPLATE, LOCAL_CONF)
        for name in re.findall(r"\$\{([A-Z][A-Z_]*)\}", file.read_text("utf-8"))
    }
    assert names == set(variables(PLACE, load_params(PROJECT / "params.yaml").traffic))


def test_the_template_has_no_placeholder_that_only_envsubst_would_see() -> None:
    assert re.findall(r"\$[A-Z]", TEMPLATE.read_text("utf-8")) == []


def test_a_placeholder_without_a_value_is_refused() -> None:
    with pytest.raises(TrafficError, match="MARQUEE_NOTHING"):
        render("${MARQUEE_NOTHING}", {})


@pytest.mark.parametrize("path", ['/a"b', "/a$b", "/a\\b", "/a\nb"])
def test_a_path_that_would_break_out_of_its_quotes_is_refused(path: str) -> None:
    with pytest.raises(TrafficError, match="DATA_DIR"):
        render('"${MARQUEE_LOG_DIR}"', {"MARQUEE_LOG_DIR": path})


def test_the_upstream_has_salt_weights_and_short_penalties() -> None:
    text = upstream(SERVERS, "model-1-abc", 1)
    first, last, anybody, canary, _ = text.split("}\n")
    assert first == (
        "upstream marquee {\n"
        "    zone marquee 256k;\n"
        '    hash "model-1-abc:$marquee_split_key" consistent;\n'
        "    server stable-1:8000 weight=40 max_fails=1 fail_timeout=1s;\n"
        "    server stable-2:8000 weight=40 max_fails=1 fail_timeout=1s;\n"
        "    server canary:8001 weight=20 max_fails=1 fail_timeout=1s;\n"
        "    keepalive 16; keepalive_timeout 10s; keepalive_requests 100;\n"
    )
    calm = first.replace("max_fails=1 fail_timeout=1s", "max_fails=0")
    assert anybody == calm.replace("marquee ", "marquee_any ")
    stable = [line for line in calm.replace("marquee ", "marquee_last ").splitlines() if "canary" not in line]
    assert last.splitlines() == stable
    alone = [
        line for line in calm.replace("marquee ", "marquee_canary ").splitlines() if "stable" not in line
    ]
    assert canary.splitlines() == alone


def test_without_a_canary_there_is_no_upstream_for_it() -> None:
    assert "marquee_canary" not in upstream(SERVERS[:2], "model-1-abc", 1)


def test_where_only_the_canary_serves_it_is_asked_at_last() -> None:
    assert upstream(SERVERS[2:], "model-1-abc", 1).count("server canary:8001 ") == 4


def begin_container(folder: Path, **changed: str) -> subprocess.CompletedProcess[str]:
    """Run what NGINX's container runs first, with its upstream in a folder and some settings changed."""
    traffic = load_params(PROJECT / "params.yaml").traffic
    environ = {**variables(PLACE, traffic), "MARQUEE_UPSTREAM_DIR": str(folder)}
    environ |= {
        "MARQUEE_STABLE_WEIGHT": str(traffic.stable_weight),
        "MARQUEE_CANARY_WEIGHT": str(traffic.canary_weight),
        "MARQUEE_FAIL_TIMEOUT_S": str(traffic.fail_timeout_s),
        "MARQUEE_EDGE_LOG_MAX_MB": str(traffic.edge_log_max_mb),
        "MARQUEE_EDGE_LOG_FILES": str(traffic.edge_log_files),
        "PATH": f"{folder}:{os.environ['PATH']}",
    }
    (folder / "marquee-rotate").write_text("#!/bin/sh\n", "utf-8")
    (folder / "marquee-rotate").chmod(0o755)
    command = ["sh", str(PROJECT / "nginx/docker/50-marquee.sh")]
    return subprocess.run(command, env=environ | changed, capture_output=True, text=True, check=False)


def test_a_container_begins_with_the_upstream_that_a_release_would_write(tmp_path: Path) -> None:
    assert begin_container(tmp_path).returncode == 0
    written = (tmp_path / "upstream.conf").read_text("utf-8")
    fail_timeout_s = load_params(PROJECT / "params.yaml").traffic.fail_timeout_s
    assert written == upstream(SERVERS, "first", fail_timeout_s, "127.0.0.11 valid=1s ipv6=off")


@pytest.mark.parametrize("serving", [SERVERS, SERVERS[:2], SERVERS[1:], SERVERS[2:]])
def test_a_container_goes_on_with_what_an_older_version_has_written(
    tmp_path: Path, serving: list[UpstreamServer]
) -> None:
    now = upstream(serving, "model-1-abc", 1, "127.0.0.11 valid=1s ipv6=off")
    for before in (
        now.partition("upstream marquee_last")[0] + "upstream marquee_last {\n}\n",
        now.partition("upstream marquee_canary")[0],
    ):
        (tmp_path / "upstream.conf").write_text(before, "utf-8")
        assert begin_container(tmp_path).returncode == 0
        assert (tmp_path / "upstream.conf").read_text("utf-8") == now


@pytest.mark.parametrize("value", ["", "many", "1.5", "-1"])
@pytest.mark.parametrize("name", ["ATTEMPTS", "STABLE_WEIGHT", "EDGE_LOG_FILES"])
def test_a_container_with_a_missing_or_bad_setting_names_it(tmp_path: Path, name: str, value: str) -> None:
    done = begin_container(tmp_path, **{f"MARQUEE_{name}": value})
    assert (done.returncode, done.stderr) == (2, f"MARQUEE_{name} is '{value}': use a whole number.\n")
    assert not (tmp_path / "upstream.conf").exists()


def test_with_a_resolver_names_are_looked_up_again() -> None:
    lines = upstream(SERVERS[2:], "model-1-abc", 2, resolver="127.0.0.11 valid=2s").splitlines()
    assert lines[3:5] == [
        "    resolver 127.0.0.11 valid=2s;",
        "    server canary:8001 weight=20 max_fails=1 fail_timeout=2s resolve;",
    ]


@pytest.mark.parametrize("salt", ["", 'a"b', "a b", "$x", "-a"])
def test_a_salt_that_is_no_release_id_is_refused(salt: str) -> None:
    with pytest.raises(TrafficError, match="release id"):
        upstream(SERVERS, salt, 1)


def test_an_upstream_without_instances_is_refused() -> None:
    with pytest.raises(TrafficError, match="at least one"):
        upstream([], "a", 1)
