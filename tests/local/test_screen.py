"""What a person sees while it runs."""

import io
import logging
import os
import signal
import threading
import time

import pytest

from auto_deployment.host.signals import until_stopped
from auto_deployment.local.live import RequestCounts, describe
from auto_deployment.local.screen import CLEAR_LINE, Screen, logging_to


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def entry(track: str, time_s: float = 0.01, addresses: str = "a:1") -> dict[str, object]:
    return {"track": track, "request_time": time_s, "upstream_addr": addresses}


def test_the_line_counts_by_track_and_gives_the_canary_s_share() -> None:
    traffic = RequestCounts()
    traffic.add([entry("stable")] * 1500 + [entry("canary", 0.2, "a:1, b:1")] * 500, now=100.0)
    traffic.add([entry("static"), entry("")], now=101.0)
    assert describe(traffic, []).split(" | ") == [
        "200.2 requests/s",
        "p99 200 ms",
        "stable 1,500",
        "canary 500 (25.0 %)",
        "static 1",
        "refused 1",
        "retried 500",
    ]


def test_rate_and_percentile_are_of_the_last_seconds_only() -> None:
    traffic = RequestCounts()
    traffic.add([entry("stable", 3.0)] * 50, now=100.0)
    traffic.add([entry("stable", 0.005)] * 20, now=111.0)
    assert traffic.rate() == 2.0
    assert traffic.p99_ms() == 5.0
    traffic.add([], now=200.0)
    assert traffic.p99_ms() is None
    assert "stable 70" in describe(traffic, [])


def test_before_the_first_request_the_line_shows_no_share() -> None:
    assert describe(RequestCounts(), []) == (
        "0.0 requests/s | p99 - | stable 0 | canary 0 | static 0 | refused 0 | retried 0"
    )


def test_what_is_down_is_named() -> None:
    assert describe(RequestCounts(), ["canary", "nginx"]).startswith("DOWN: canary, nginx | 0.0 requests/s")


def test_on_a_terminal_the_status_is_rewritten_and_lines_come_above_it() -> None:
    terminal = Terminal()
    screen = Screen(terminal)
    screen.status("one")
    screen.status("two")
    screen.line("said")
    screen.end_status()
    assert terminal.getvalue() == f"{CLEAR_LINE}one{CLEAR_LINE}two{CLEAR_LINE}said\ntwo\n"


def test_a_status_never_wraps() -> None:
    terminal = Terminal()
    Screen(terminal).status("x" * 1000)
    assert len(terminal.getvalue()) < 500


def test_away_from_a_terminal_there_are_plain_lines() -> None:
    stream = io.StringIO()
    screen = Screen(stream)
    screen.status("one")
    screen.line("two")
    screen.end_status()
    assert stream.getvalue() == "one\ntwo\n"


def test_log_lines_do_not_cut_through_the_status() -> None:
    terminal = Terminal()
    screen = Screen(terminal)
    screen.status("one")
    with logging_to(screen):
        logging.getLogger("marquee.test").warning("beware of %s", "this")
    written = terminal.getvalue()
    assert written.startswith(f"{CLEAR_LINE}one{CLEAR_LINE}")
    assert written.endswith("beware of this\none")


def test_a_signal_ends_the_wait_at_once_and_a_second_one_means_hurry() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with until_stopped() as requests:
        assert not requests.wait(0.01)
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
        start = time.monotonic()
        assert requests.wait(30)
        assert time.monotonic() - start < 20
        assert not requests.hurry
        os.kill(os.getpid(), signal.SIGINT)
        assert requests.wait(30)
        assert requests.hurry
    assert signal.getsignal(signal.SIGTERM) is before


def test_where_nothing_has_to_be_stopped_in_order_a_second_signal_ends_the_process() -> None:
    with until_stopped(twice_ends=True) as requests:
        os.kill(os.getpid(), signal.SIGTERM)
        assert requests.wait()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)


def test_under_nohup_a_closed_terminal_stops_nothing() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with until_stopped() as requests:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not requests.wait(0.01)
    finally:
        signal.signal(signal.SIGHUP, before)
