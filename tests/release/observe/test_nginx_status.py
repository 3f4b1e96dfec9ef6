"""An edge log that stops while requests flow is found by NGINX's own counter."""

import pytest

from auto_deployment.release.observe.nginx_status import log_stopped, requests_between, requests_of_status

PAGE = """Active connections: 2
server accepts handled requests
 12 12 3456
Reading: 0 Writing: 1 Waiting: 1
"""


def test_the_status_page_counts_requests() -> None:
    assert requests_of_status(PAGE) == 3456
    assert requests_of_status("<html>404</html>") is None


@pytest.mark.parametrize(
    ("before", "after", "between"), [(10, 25, 15), (10, 4, 4), (None, 4, None), (10, None, None)]
)
def test_requests_are_counted_across_a_restart(
    before: int | None, after: int | None, between: int | None
) -> None:
    assert requests_between(before, after) == between


@pytest.mark.parametrize(
    ("lines", "requests", "stopped"),
    [
        (0, 0, False),
        (0, 40, False),  # the status page itself, and a health check
        (0, 300, True),
        (300, 320, False),
        (100, 320, True),
        (0, None, True),  # nothing was logged, and nobody can say whether something happened
        (5, None, False),
    ],
)
def test_the_log_has_stopped_when_it_says_less_than_half_of_what_nginx_counted(
    lines: int, requests: int | None, stopped: bool
) -> None:
    assert log_stopped(lines, requests, 60) is stopped
