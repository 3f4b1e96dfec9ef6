"""Lines of the edge log, as attempts."""

import pytest

from auto_deployment.release.observe.edge_lines import Attempt, parse_line
from tests.support.release.edge_lines import CANARY_1, STABLE_1, TRACKS, edge_line

GOOD, BAD, STABLE = Attempt("canary", False), Attempt("canary", True), Attempt("stable", False)
TIMES = "0.002, 0.250 : 0.151"


@pytest.mark.parametrize(
    ("addresses", "statuses", "attempts"),
    [
        ("172.18.0.5:8001", "200", [GOOD]),
        ("172.18.0.5:8001", "404", [GOOD]),
        ("172.18.0.5:8001", "500", [BAD]),
        ("172.18.0.5:8001, 172.18.0.3:8000", "502, 200", [BAD, STABLE]),
        ("172.18.0.5:8001, 172.18.0.3:8000", "504, 200", [BAD, STABLE]),
        (
            "172.18.0.3:8000, 172.18.0.5:8001 : 172.18.0.4:8000",
            "503, 502 : 200",
            [Attempt("stable", True), BAD, STABLE],
        ),
        ("127.0.0.1:8001, marquee", "504, 502", [BAD]),
        ("marquee", "502", []),
        ("[fd00::5]:8001", "200", [GOOD]),
        ("172.18.0.5:8001", "-", []),
        ("172.18.0.5:8001, 172.18.0.3:8000", "504, -", [BAD]),
        ("", "", []),
    ],
)
def test_attempts_are_told_by_port_and_status(addresses: str, statuses: str, attempts: list[Attempt]) -> None:
    line = edge_line(upstream_addr=addresses, upstream_status=statuses, upstream_response_time="")
    request = parse_line(line, TRACKS)
    assert request is not None
    assert (list(request.attempts), request.foreign_attempts) == (attempts, 0)


def test_each_attempt_has_its_own_duration() -> None:
    addresses, statuses = f"{CANARY_1}, {STABLE_1} : {CANARY_1}", "504, 200 : 200"
    line = edge_line(upstream_addr=addresses, upstream_status=statuses, upstream_response_time=TIMES)
    request = parse_line(line, TRACKS)
    assert request is not None
    assert [one.seconds for one in request.attempts] == [0.002, 0.25, 0.151]


@pytest.mark.parametrize("times", ["-", "", "fast", "0.1, 0.2", "-1", "1e9", "nan", None, 3])
def test_a_line_whose_durations_say_nothing_counts_all_the_same(times: object) -> None:
    request = parse_line(edge_line(upstream_response_time=times), TRACKS)
    assert request is not None
    assert request.attempts == (GOOD,)


def test_an_address_of_no_track_is_counted_apart() -> None:
    request = parse_line(edge_line(upstream_addr="10.0.0.9:9999", upstream_status="200"), TRACKS)
    assert request is not None
    assert (request.attempts, request.foreign_attempts) == ((), 1)


@pytest.mark.parametrize(
    "damaged",
    [
        b"\n",
        b"\xff\xfe\n",
        b"null\n",
        b"[1, 2]\n",
        b'{"user":"42"}\n',
        b"[" * 30_000 + b"\n",
        edge_line()[:80] + edge_line(),
        edge_line(user=42),
        edge_line(source=None),
        edge_line(upstream_addr=None),
        edge_line(upstream_addr="172.18.0.5:8001, 172.18.0.3:8000", upstream_status="200"),
        edge_line(upstream_status="ok"),
    ],
)
def test_a_damaged_line_is_none(damaged: bytes) -> None:
    assert parse_line(damaged, TRACKS) is None
