"""What Prometheus reads of a caller."""

from prometheus_client.parser import text_string_to_metric_families

from marquee_client import Recommender
from tests.client.conftest import PATIENT_RULE, PATIENT_S, Clock
from tests.support.scripted_server import ScriptedServer, reply


def series(client: Recommender) -> dict[tuple[str, str], float]:
    """Return (name, its own label) -> value."""
    found = {}
    for family in text_string_to_metric_families(client.metrics()):
        for sample in family.samples:
            labels = dict(sample.labels)
            assert labels.pop("client") == 'sea"rch\\'
            found[sample.name, next(iter(labels.values()), "")] = sample.value
    return found


def test_every_series_is_there_before_anything_happened(server: ScriptedServer) -> None:
    """A counter that appears with 1 has not grown, to Prometheus: the first flip would be missed."""
    assert series(Recommender(server.url, [], name='sea"rch\\')) == {
        ("marquee_client_kill_switch_open", ""): 0,
        ("marquee_client_kill_switch_flips_total", "open"): 0,
        ("marquee_client_kill_switch_flips_total", "closed"): 0,
        ("marquee_client_calls_total", "answered"): 0,
        ("marquee_client_calls_total", "refused"): 0,
        ("marquee_client_calls_total", "timeout"): 0,
        ("marquee_client_calls_total", "unreachable"): 0,
        ("marquee_client_calls_total", "error"): 0,
        ("marquee_client_calls_total", "open"): 0,
    }


def test_calls_and_flips_are_counted(server: ScriptedServer, clock: Clock) -> None:
    with Recommender(
        server.url, [], name='sea"rch\\', budget_s=PATIENT_S, rule=PATIENT_RULE, clock=clock
    ) as client:
        client.recommend(1)
        server.answers = lambda path, number: reply("", "500 Internal Server Error")
        for _ in range(30):
            client.recommend(1)
        found = series(client)
        assert found["marquee_client_calls_total", "answered"] == 1
        assert found["marquee_client_calls_total", "error"] == 19
        assert found["marquee_client_calls_total", "open"] == 11
        assert found["marquee_client_kill_switch_open", ""] == 1
        assert found["marquee_client_kill_switch_flips_total", "open"] == 1
        server.answers = lambda path, number: reply()
        clock.pass_by(60)
        client.recommend(1)
        assert series(client)["marquee_client_kill_switch_open", ""] == 0
        assert series(client)["marquee_client_kill_switch_flips_total", "closed"] == 1


def test_a_client_is_named_by_its_address_unless_told_otherwise() -> None:
    assert 'client="marquee:8082"' in Recommender("http://marquee:8082", []).metrics()
