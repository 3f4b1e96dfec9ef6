"""The rows of the table: harmless candidates first, then those who ought to be aborted."""

from auto_deployment.release.judge.simulation.cases import Scenario
from auto_deployment.release.judge.simulation.telling import USUAL, Telling

HOUR_LATE, IN_BATCHES = Telling(USUAL.watch_after, 60), Telling(USUAL.watch_after, 60, 180)

SCENARIOS = (
    Scenario("equal tracks, 0.05 % of requests bad", bad_share=0.0005),
    Scenario("equal tracks, 0.5 % of requests bad"),
    Scenario("equal tracks, a tenth of the traffic", requests_per_s=0.5),
    Scenario("equal tracks, 0.1 requests/s", requests_per_s=0.1),
    Scenario("equal tracks, 0.3 requests/s", requests_per_s=0.3),
    Scenario("equal tracks, 1 request/s", requests_per_s=1),
    Scenario("equal tracks, 3 requests/s", requests_per_s=3),
    Scenario("equal tracks, users who come once only", requests_per_user=0.001),
    Scenario("equal tracks, 8 h of night with a tenth of the load", night_load=0.1),
    Scenario("equal tracks, load and bad requests drifting threefold", swing=0.5),
    Scenario("equal tracks, six bursts of 2 min with 5 % of requests bad", bursts=6),
    Scenario("equal tracks, 0.5 % of users always fail, 10 requests each", bad_share=0, failing_share=0.005),
    Scenario(
        "equal tracks, 0.5 % of users always fail, 20 requests each",
        bad_share=0,
        failing_share=0.005,
        requests_per_user=20,
    ),
    Scenario(
        "equal tracks, 0.5 % of users always fail, 50 requests each",
        bad_share=0,
        failing_share=0.005,
        requests_per_user=50,
    ),
    Scenario(
        "the same, and only these ask 50 times, others 10 times",
        bad_share=0,
        failing_share=0.005,
        failing_requests=50,
    ),
    Scenario("equal tracks, 1 in 50 users waits", slow_share=0.02),
    Scenario("both tracks below the SLO all day (3 % of requests bad)", bad_share=0.03),
    Scenario("both tracks below the SLO for an hour (5 % of requests bad)", outage_min=60),
    Scenario("equal tracks, one stable away for half of the window", away_min=360),
    Scenario(
        "equal tracks, one stable away for half of the window, users who come once only",
        away_min=360,
        requests_per_user=0.001,
    ),
    Scenario("equal tracks, half of the users watch something from their lists", watch_share=0.5),
    Scenario("equal tracks, lists and watches told an hour late", telling=HOUR_LATE),
    Scenario("equal tracks, lists and watches told all at once every 3 h", telling=IN_BATCHES),
    Scenario("canary exactly 1.25 times as bad", canary_ratio=1.25),
    Scenario("canary's lists watched 9 % less, which is tolerated", watched_less=1 - 1 / 1.1),
    Scenario("cold start: canary 10 times as bad while it is warmed", cold_min=10),
    Scenario("cold start without warming", cold_min=10, warmed=False),
    Scenario("canary 2 times as bad", True, canary_ratio=2),
    Scenario(
        "canary 3 times as bad at 0.2 %, beside 0.3 % of users who always fail",
        True,
        canary_ratio=3,
        bad_share=0.002,
        failing_share=0.003,
    ),
    Scenario("canary 5 times as bad", True, canary_ratio=5),
    Scenario("canary 5 times as bad, a tenth of the traffic", True, canary_ratio=5, requests_per_s=0.5),
    Scenario("canary 10 times as bad", True, canary_ratio=10),
    Scenario("rare faults: canary 10 times as bad at 0.05 %", True, canary_ratio=10, bad_share=0.0005),
    Scenario("every request to the canary bad", True, canary_ratio=200),
    Scenario("canary 5 times as bad, 0.1 requests/s", True, canary_ratio=5, requests_per_s=0.1),
    Scenario("slow tail: 1 in 50 of the canary's users waits for 350 ms", True, slow_on_canary=0.02),
    Scenario("the same, and NGINX throws these answers away", True, slow_on_canary=0.02, thrown_away=True),
    Scenario("canary gives twice as many users the popularity list (20 %)", True, fallback_ratio=2),
    Scenario("canary's lists watched 20 % less", True, watched_less=0.2),
    Scenario("canary's lists watched 40 % less", True, watched_less=0.4),
    Scenario("the same, and half of the users watch something", True, watched_less=0.4, watch_share=0.5),
    Scenario(
        "the same, 5 % of users watch, a tenth of the traffic", True, watched_less=0.4, requests_per_s=0.5
    ),
    Scenario("the same, 5 requests/s, told an hour late", True, watched_less=0.4, telling=HOUR_LATE),
    Scenario("the same, told all at once every 3 h", True, watched_less=0.4, telling=IN_BATCHES),
    Scenario("canary's lists watched by nobody", True, watched_less=1.0),
)
