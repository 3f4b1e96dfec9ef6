"""Names that may be given to a new version."""

import pytest

from auto_deployment.publish.errors import PublishError
from auto_deployment.publish.naming import check_new

NAME = "20260301T1200-0123abcd"


@pytest.mark.parametrize("published", [[], ["20260301T1159-ffffffff"], ["20260301T1200-ffffffff"]])
def test_a_name_may_be_given_when_none_is_of_a_later_minute(published: list[str]) -> None:
    check_new(NAME, published)


@pytest.mark.parametrize(
    ("published", "said"),
    [
        ([NAME], "published already"),
        (["20260301T1100-00000000", "20260301T1201-00000000"], "set it right"),
    ],
)
def test_a_name_that_is_taken_or_older_is_refused(published: list[str], said: str) -> None:
    with pytest.raises(PublishError, match=said):
        check_new(NAME, published)
