"""When the service is no longer asked, and when it is again."""

import re
import threading

import pytest

from marquee_client.kill_switch import Flip, KillSwitch, Rule
from tests.client.conftest import Clock

WHY = "it failed"


@pytest.fixture
def switch(clock: Clock) -> KillSwitch:
    return KillSwitch(Rule(), clock)


def call(switch: KillSwitch, failure: str | None = None) -> Flip | None:
    ticket = switch.enter()
    assert ticket is not None
    return switch.leave(ticket, failure)


def calls(switch: KillSwitch, good: int, failed: int) -> Flip | None:
    """Make good calls, then failed ones; return the last flip."""
    for _ in range(good):
        assert call(switch) is None
    flip = None
    for _ in range(failed):
        flip = call(switch, WHY)
    return flip


def opened(switch: KillSwitch) -> None:
    calls(switch, 0, 20)
    assert switch.is_open


def test_it_opens_when_more_than_a_quarter_of_enough_calls_failed(switch: KillSwitch) -> None:
    assert calls(switch, good=60, failed=20) is None  # exactly a quarter
    assert not switch.is_open
    assert call(switch, WHY) == Flip(is_open=True, failed=21, calls=81, reason=WHY)
    assert switch.is_open
    assert (switch.opened, switch.closed) == (1, 0)


def test_it_stays_closed_while_there_were_too_few_calls(switch: KillSwitch) -> None:
    assert calls(switch, good=0, failed=19) is None
    assert call(switch, WHY) == Flip(is_open=True, failed=20, calls=20, reason=WHY)


def test_a_good_call_may_be_the_one_that_makes_them_enough(switch: KillSwitch) -> None:
    assert calls(switch, good=0, failed=19) is None
    assert call(switch) == Flip(is_open=True, failed=19, calls=20, reason=WHY)


def test_after_good_times_it_opens_at_the_26th_failure_in_a_row(switch: KillSwitch) -> None:
    assert calls(switch, good=1000, failed=25) is None
    assert call(switch, WHY) == Flip(is_open=True, failed=26, calls=100, reason=WHY)


def test_what_failed_long_ago_is_forgotten(switch: KillSwitch, clock: Clock) -> None:
    calls(switch, good=0, failed=19)
    clock.pass_by(30.1)
    assert calls(switch, good=15, failed=5) is None
    assert not switch.is_open


def test_what_failed_just_now_is_not(switch: KillSwitch, clock: Clock) -> None:
    calls(switch, good=0, failed=19)
    clock.pass_by(29.9)
    assert call(switch, WHY) is not None


def test_nothing_is_asked_for_60_s_and_then_one_call_at_a_time(switch: KillSwitch, clock: Clock) -> None:
    opened(switch)
    clock.pass_by(59.9)
    assert switch.enter() is None
    clock.pass_by(0.1)
    assert switch.enter() is not None
    assert switch.enter() is None
    assert switch.is_open


def test_a_first_call_that_fails_opens_it_at_once_for_another_60_s(switch: KillSwitch, clock: Clock) -> None:
    opened(switch)
    clock.pass_by(60)
    assert call(switch, WHY) is None  # it was open and stays so: no flip
    assert switch.enter() is None
    clock.pass_by(59.9)
    assert switch.enter() is None
    clock.pass_by(0.1)
    assert call(switch) == Flip(is_open=False)
    assert (switch.opened, switch.closed) == (1, 1)


def test_a_first_call_that_succeeds_closes_it_with_an_empty_window(switch: KillSwitch, clock: Clock) -> None:
    opened(switch)
    clock.pass_by(60)
    assert call(switch) == Flip(is_open=False)
    assert calls(switch, good=0, failed=19) is None
    assert call(switch, WHY) is not None
    assert switch.opened == 2


def test_a_call_that_began_before_a_flip_says_nothing_after_it(switch: KillSwitch, clock: Clock) -> None:
    late = [switch.enter() for _ in range(3)]
    opened(switch)
    assert switch.leave(late[0] or 0, None) is None
    assert switch.is_open
    clock.pass_by(60)
    probe = switch.enter()
    assert probe is not None
    assert switch.leave(late[1] or 0, None) is None  # a late success is not the probe's
    assert switch.is_open
    assert switch.leave(probe, None) == Flip(is_open=False)
    assert switch.leave(late[2] or 0, WHY) is None
    assert calls(switch, good=0, failed=19) is None  # nor does a late failure count in the new window


def test_an_interrupted_probe_lets_the_next_call_probe(switch: KillSwitch, clock: Clock) -> None:
    opened(switch)
    clock.pass_by(60)
    probe = switch.enter()
    assert probe is not None
    switch.abandon(probe)
    assert call(switch) == Flip(is_open=False)


def test_an_interrupted_call_of_a_closed_switch_counts_for_nothing(switch: KillSwitch) -> None:
    ticket = switch.enter()
    assert ticket is not None
    switch.abandon(ticket)
    assert calls(switch, good=0, failed=19) is None
    assert call(switch, WHY) is not None


def test_of_many_threads_one_probes(switch: KillSwitch, clock: Clock) -> None:
    opened(switch)
    clock.pass_by(60)
    barrier = threading.Barrier(16)
    tickets: list[int | None] = []

    def enter() -> None:
        barrier.wait()
        tickets.append(switch.enter())

    threads = [threading.Thread(target=enter) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(ticket is not None for ticket in tickets) == 1


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"share": 1.0}, "share is at least 0 and below 1, not 1.0."),
        ({"min_calls": 0}, "min_calls is from 1 to window_calls, 100, not 0."),
        ({"window_calls": 10}, "min_calls is from 1 to window_calls, 10, not 20."),
        ({"open_s": 0.0}, "window_s and open_s are above 0, not 30.0 and 0.0."),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(values: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Rule(**values)  # type: ignore[arg-type]  # that is the point
