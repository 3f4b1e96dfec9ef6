"""Values as people write them."""

import pytest

from auto_deployment.mail.format import percent, size, within
from tests.support.mail.mails import NOW, after


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "0 %"), (1.0, "100 %"), (0.01, "1 %"), (0.0042, "0.42 %"), (0.0314, "3.1 %"), (0.274, "27 %")],
)
def test_a_share_has_as_many_digits_as_say_something(share: float, words: str) -> None:
    assert percent(share) == words


def test_a_time_says_how_far_away_it_is_unless_it_has_passed() -> None:
    assert within(after(hours=2), NOW) == "2026-03-05 14:00 UTC (in 2 h)"
    assert within(NOW, NOW) == "2026-03-05 12:00 UTC"


def test_a_size_is_in_the_unit_that_fits() -> None:
    assert (size(512), size(48_211_934)) == ("0.5 kB", "48.2 MB")
