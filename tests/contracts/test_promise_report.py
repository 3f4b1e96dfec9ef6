"""A promise that was broken says by whom: every request that failed or took too long, with its attempts."""

import gzip
import json
from pathlib import Path

import pytest

from tests.support.release.edge_lines import CANARY_1, STABLE_1, edge_line
from tests.support.systems.attempts import Line
from tests.support.systems.load import Outcome
from tests.support.systems.promise.report import Result, keep_artefacts
from tests.support.systems.promise.steady import Chapter

TWICE: Line = json.loads(
    edge_line(
        request_id="two",
        user="7",
        source="static",
        request_time=0.502,
        upstream_addr=f"{CANARY_1}, {STABLE_1}",
        upstream_status="504, 502",
        upstream_response_time="0.251, 0.250",
    )
)
SLOW: Line = json.loads(edge_line(request_id="slow", user="8", request_time=0.601))
QUICK: Line = json.loads(edge_line(request_id="quick", user="9", request_time=0.6))


def outcome(name: str, user: int, failure: str | None = None, latency_s: float = 0.01) -> Outcome:
    return Outcome(0.0, latency_s, user, "stable", failure, name)


def chapter(*outcomes: Outcome) -> Chapter:
    return Chapter("one", 1.0, "", list(outcomes), [TWICE, SLOW, QUICK])


def test_a_failed_request_is_told_with_all_of_its_attempts() -> None:
    (told,) = chapter(outcome("two", 7, "the static list")).complaints()
    assert "user 7, the static list: 200 static after 0.502 s" in told
    assert f"{CANARY_1} 504 after 0.251 s; {STABLE_1} 502 after 0.250 s" in told


def test_too_slow_is_what_took_nginx_too_long_and_not_who_asked() -> None:
    asked = (outcome("slow", 8), outcome("quick", 9, latency_s=2.0))
    assert [told.split(", ")[0].split(" ", 1)[1] for told in chapter(*asked).complaints()] == ["user 8"]


def test_who_got_no_answer_is_found_by_his_name_or_said_to_be_unknown() -> None:
    gone: Line = json.loads(edge_line(request_id="x", user="5", status=499, upstream_status="-"))
    found = Chapter("one", 1.0, "", [outcome("", 5, "it broke off"), outcome("", 6, "refused")], [gone])
    first, second = found.complaints()
    assert "499" in first
    assert second == "user 6, refused: the edge log has no line of it"


def test_thousands_that_failed_are_counted() -> None:
    told = chapter(*(outcome("two", 7, "the static list") for _ in range(1000))).complaints()
    assert (len(told), told[-1]) == (21, "and 980 more")


def test_the_promise_is_kept_by_all_chapters_or_not_at_all() -> None:
    good, bad = chapter(outcome("quick", 9)), chapter(outcome("two", 7, "the static list"))
    assert Result([good, good]).is_kept(2)
    assert not Result([good, good]).is_kept(3)
    assert not Result([good, bad]).is_kept()
    assert "504 after 0.251 s" in Result([good, bad]).table()


def test_the_edge_log_is_kept_where_the_gate_looks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARQUEE_ARTIFACTS", str(tmp_path / "artifacts"))
    result = Result([chapter(outcome("two", 7, "the static list"))])
    keep_artefacts(result, "promise")
    lines = gzip.decompress((tmp_path / "artifacts" / "promise-edge.log.gz").read_bytes()).splitlines()
    assert [json.loads(line) for line in lines] == [{"chapter": "one"}, TWICE, SLOW, QUICK]
    assert (tmp_path / "artifacts" / "promise.txt").read_text("utf-8") == f"{result.table()}\n"
