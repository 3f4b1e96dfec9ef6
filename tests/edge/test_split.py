"""Users are shared out 80/20, and each of them stays where he is."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.edge.edge import SALT, TRACKS, Edge, running_edge
from tests.support.edge.ring import Ring
from tests.support.http import get_many
from tests.support.release.quick_instances import quick_instances

USERS = 20_000
WEIGHTS = (40, 40, 20)


@pytest.fixture
def addresses(tmp_path: Path) -> Iterator[dict[str, str]]:
    with quick_instances(tmp_path, TRACKS) as started:
        yield started


@pytest.fixture
def edge(tmp_path: Path, addresses: dict[str, str]) -> Iterator[Edge]:
    with running_edge(tmp_path / "run", list(addresses.values())) as running:
        yield running


def test_each_of_20000_users_is_where_the_ring_puts_him_at_every_repetition(
    edge: Edge, addresses: dict[str, str]
) -> None:
    paths = [f"/recommend/{user}" for user in range(1, USERS + 1)]
    assert get_many(edge.port, paths) == {200: USERS}
    assert get_many(edge.port, paths[::-1]) == {200: USERS}
    ring = Ring(dict(zip(addresses.values(), WEIGHTS, strict=True)))
    met = {(line["user"], line["upstream_addr"]) for line in edge.log(2 * USERS)}
    assert met == {(str(user), ring.address_of(f"{SALT}:{user}")) for user in range(1, USERS + 1)}


def test_the_shipped_addresses_give_the_canary_20_percent_of_users_within_1() -> None:
    """With other ports the ring is another one, and its share moves by a few tenths of a percent."""
    shipped = ("127.0.0.1:18000", "127.0.0.2:18000", "127.0.0.1:18001")
    ring = Ring(dict(zip(shipped, WEIGHTS, strict=True)))
    counts = Counter(ring.address_of(f"{SALT}:{user}") for user in range(1, USERS + 1))
    assert counts["127.0.0.1:18001"] / USERS == pytest.approx(0.20, abs=0.01)


def test_leading_zeros_and_escapes_do_not_make_another_user(edge: Edge) -> None:
    users = range(1, 101)
    forms = ["/recommend/{}", "/recommend/0{}", "/recommend/000{}", "/recommend/{}?n=5", "/%72ecommend/{}"]
    get_many(edge.port, [form.format(user) for user in users for form in forms])
    lines = edge.log(len(users) * len(forms))
    assert len({(line["user"], line["upstream_addr"]) for line in lines}) == len(users)
    assert {line["user"] for line in lines} == {str(user) for user in users}


def test_the_page_of_a_user_comes_from_where_his_lists_do(edge: Edge) -> None:
    users = range(1, 101)
    forms = ["/recommend/{}", "/?user={}", "/?user=00{}", "/?n=5&user={}"]
    get_many(edge.port, [form.format(user) for form in forms for user in users])
    lines = edge.log(len(users) * len(forms))
    of_lists = {line["user"]: line["upstream_addr"] for line in lines if line["user"]}
    assert len(of_lists) == len(users)
    pages = [line["upstream_addr"] for line in lines if line["path"] == "/"]
    shares = Counter(of_lists.values())
    assert Counter(pages) == {address: 3 * count for address, count in shares.items()}


def test_lists_of_a_named_model_come_from_where_a_users_other_lists_do(edge: Edge) -> None:
    users = range(1, 101)
    forms = [
        "/recommend/{}",
        "/models/films/recommend/{}",
        "/models/a.b/recommend/00{}",
        "/models/films/recommend/{}?n=5",
    ]
    get_many(edge.port, [form.format(user) for form in forms for user in users])
    lines = edge.log(len(users) * len(forms))
    of_lists = Counter(line["upstream_addr"] for line in lines if line["user"])
    assert of_lists.total() == len(users)  # releases are judged by these alone
    of_named = Counter(line["upstream_addr"] for line in lines if not line["user"])
    assert of_named == {address: 3 * count for address, count in of_lists.items()}


def test_another_release_tries_its_luck_on_other_users(tmp_path: Path, addresses: dict[str, str]) -> None:
    def canary_users(salt: str) -> set[str]:
        with running_edge(tmp_path / salt, list(addresses.values()), salt) as edge:
            get_many(edge.port, [f"/recommend/{user}" for user in range(1, 1001)])
            return {line["user"] for line in edge.log(1000) if line["track"] == "canary"}

    one, other = canary_users("model-1-abc"), canary_users("model-2-abc")
    assert len(one & other) < 0.4 * len(one)


def test_requests_without_a_user_are_shared_out_one_by_one(edge: Edge) -> None:
    get_many(edge.port, ["/popular"] * 2000)
    counts = Counter(line["track"] for line in edge.log(2000))
    assert counts["canary"] / 2000 == pytest.approx(0.20, abs=0.06)
    assert {line["user"] for line in edge.log(2000)} == {""}
