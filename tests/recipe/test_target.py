"""Load goes to one's own machines only."""

import pytest

from auto_deployment.errors import BadInputError
from auto_deployment.recipe.load.target import is_private, read_target


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3", "192.168.0.9", "172.20.0.3", "fd00::1"])
def test_addresses_of_this_host_and_of_private_networks_are_taken(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "0.0.0.0", "169.254.169.254", "100.64.0.1", "2001:4860::1", "::ffff:8.8.8.8"]
)
def test_addresses_of_others_are_not(address: str) -> None:
    assert not is_private(address)


def test_an_address_of_others_is_refused_unless_somebody_insists() -> None:
    with pytest.raises(BadInputError, match="--i-own-this"):
        read_target("http://8.8.8.8/")
    assert read_target("http://8.8.8.8/", owned=True).url(7) == "http://8.8.8.8/recommend/7"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost:80",
        "ftp://localhost",
        "http://",
        "http://localhost:99999",
        "http://a b/",
        "http://u:p@localhost",
    ],
)
def test_what_is_no_address_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(BadInputError) as stop:
        read_target(text, owned=True)
    assert "\n" not in str(stop.value)


def test_a_user_has_its_place_in_path_and_query() -> None:
    assert read_target("http://127.0.0.1:8082").url(7) == "http://127.0.0.1:8082/recommend/7"
    assert read_target("http://127.0.0.1:1/x?u={user}").url(7) == "http://127.0.0.1:1/x?u=7"
