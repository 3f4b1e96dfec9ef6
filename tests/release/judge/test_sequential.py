"""The tests' arithmetic, against the formulas written out."""

from itertools import accumulate
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_deployment.release.judge.sequential import (
    canary_share,
    log_evidence_of_harm,
    log_evidence_of_share,
)

RATIOS = (1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
TICKS = st.lists(
    st.tuples(*[st.integers(0, 9)] * 2, st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=30
)


def array(numbers: object) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.array(numbers, np.int64)


@given(TICKS)
def test_harm_is_the_mean_of_the_likelihood_ratios_so_far(ticks: list[tuple[int, int, int, int]]) -> None:
    m, logs, seen_c, seen_s, expected = 1.25, [0.0] * 6, 0, 0, []
    for k_c, k_s, users_c, users_s in ticks:
        seen_c, seen_s = seen_c + users_c, seen_s + users_s
        if seen_c and seen_s:
            pi = seen_c / (seen_c + seen_s)
            theta0 = m * pi / (m * pi + 1 - pi)
            for place, r in enumerate(RATIOS):
                theta = r * m * pi / (r * m * pi + 1 - pi)
                logs[place] += k_c * log(theta / theta0) + k_s * log((1 - theta) / (1 - theta0))
        expected.append(log(sum(exp(one) for one in logs) / 6))
    columns = [array(one) for one in zip(*ticks, strict=True)]
    found = log_evidence_of_harm(columns[0], columns[1], canary_share(columns[2], columns[3]), m, RATIOS)
    assert found == pytest.approx(expected, abs=1e-6)


@given(st.lists(st.integers(0, 20).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1))
def test_a_share_is_the_mean_of_binomial_likelihood_ratios(ticks: list[tuple[int, int]]) -> None:
    p0, ratios = 0.01, (1.5, 2, 3, 5, 10)
    bad, users = (list(accumulate(column)) for column in zip(*ticks, strict=True))
    expected = [
        log(sum(r**b * ((1 - r * p0) / (1 - p0)) ** (n - b) for r in ratios) / len(ratios))
        for b, n in zip(bad, users, strict=True)
    ]
    columns = [array(one) for one in zip(*ticks, strict=True)]
    found = log_evidence_of_share(columns[0], columns[1], p0, ratios)
    assert found == pytest.approx(expected, abs=1e-6)


def test_a_million_users_overflow_nothing() -> None:
    many = array([10**6] * 1440)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        assert np.isfinite(log_evidence_of_share(many, many, 0.01, (1.5, 10))).all()
        assert np.isfinite(log_evidence_of_share(many * 0, many, 0.01, (0.05, 0.5))).all()
        assert np.isfinite(log_evidence_of_harm(many, many * 0, canary_share(many, many), 1.25, RATIOS)).all()


def test_before_both_tracks_were_seen_there_is_no_evidence() -> None:
    users, none = array([5, 5]), array([0, 0])
    assert log_evidence_of_harm(users, none, canary_share(users, none), 1.25, RATIOS) == pytest.approx([0, 0])
    assert log_evidence_of_harm(none, users, canary_share(none, users), 1.25, RATIOS) == pytest.approx([0, 0])
    assert np.isnan(canary_share(none, none)).all()


def test_many_releases_at_once_are_each_as_one_alone() -> None:
    random = np.random.default_rng(1)
    k_c, k_s = random.integers(0, 3, (2, 7, 40))
    users_c, users_s = random.integers(3, 60, (2, 7, 40))
    together = log_evidence_of_harm(k_c, k_s, canary_share(users_c, users_s), 1.25, RATIOS)
    for run in range(7):
        share = canary_share(users_c[run], users_s[run])
        alone = log_evidence_of_harm(k_c[run], k_s[run], share, 1.25, RATIOS)
        assert together[run] == pytest.approx(alone)
