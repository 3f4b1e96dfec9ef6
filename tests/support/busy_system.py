"""Series of a system in which everything happens at once."""

from collections.abc import Iterator

from tests.support.release.queries import every_query

GROWING, ALWAYS_1, SOME = "0+3x360", "1x360", "0.4x360"  # two hours, three samples a minute
TRACKS = {"stable-1": "stable", "stable-2": "stable", "canary": "canary"}
INSTANCES = [f'job="app",service="{name}",track="{track}"' for name, track in TRACKS.items()]
INGEST, SCHEDULER = 'job="ingest",service="ingest"', 'job="scheduler",service="scheduler"'
JOIN = 'job="feedback",service="feedback-join"'
RELEASE = 'service="controller",job="controller"'
RPC = 'job="grpc",service="grpc"'
BY_TRACK = [f'{RELEASE},track="{track}"' for track in ("stable", "canary")]
CHECKS = ("mean latency", "bad answers against the SLO")

# Metric -> the labels of its series; a metric without an entry has one series with its service alone.
LABELS = {
    "marquee_release_phase": [f'{RELEASE},phase="{one}"' for one in ("warming", "baking", "aborted")],
    "marquee_release_verdict": [f'{RELEASE},verdict="{one}"' for one in ("promote", "not-enough-evidence")],
    "marquee_release_users": BY_TRACK,
    "marquee_release_weight": BY_TRACK,
    "marquee_release_check_value": [f'{one},check="{check}"' for one in BY_TRACK for check in CHECKS],
    "marquee_release_check_limit": [f'{RELEASE},check="{check}"' for check in CHECKS],
    "marquee_release_check_log_evidence": [f'{RELEASE},check="{check}"' for check in CHECKS],
    "marquee_release_outcomes_total": [f'{RELEASE},outcome="{one}"' for one in ("promoted", "aborted")],
    "marquee_release_recreated_total": [f'{RELEASE},exported_instance="{one}"' for one in TRACKS],
    "marquee_retrain_outcomes_total": [f'{SCHEDULER},outcome="{one}"' for one in ("published", "failed")],
    "marquee_model_quality": [
        f'{SCHEDULER},measure="{measure}",model_version="{version}"'
        for measure in ("rmse", "ndcg", "coverage")
        for version in ("v1", "v2")
    ],
    "marquee_feedback_measure": [
        f'{JOIN},track="{track}",measure="{measure}",bound="{bound}"'
        for track in ("stable", "canary")
        for measure in (
            "hit_rate", "mrr", "share_watched", "rating", "repeated", "coverage", "popularity",
        )
        for bound in ("value", "low", "high")
    ],
    **{
        f"marquee_feedback_shown_{what}": [f'{JOIN},track="{track}"' for track in ("stable", "canary")]
        for what in ("lists", "users")
    },
    "marquee_feedback_lines": [f'{JOIN},end="{end}"' for end in ("joined", "stream_alone")],
    "marquee_feedback_edge_lines_total": [f'kind="{kind}"' for kind in ("requests", "damaged")],
    "marquee_fleet_behind_seconds": [f'job="fleet",channel="{one}"' for one in ("stable", "canary")],
    "marquee_fleet_pulled_bytes_total": [f'job="fleet",way="{one}"' for one in ("fetched", "linked")],
    "marquee_search_requests_total": [f'job="search",outcome="{one}"' for one in ("answered", "partial")],
    "marquee_search_request_seconds_bucket": [f'job="search",le="{one}"' for one in ("0.01", "0.1", "+Inf")],
    "marquee_outbox_mails": [SCHEDULER, RELEASE],
    "marquee_outbox_oldest_age_seconds": [SCHEDULER, RELEASE],
    "marquee_model_info": [
        f'{one},exported_track="stable",release="r",model_version="{version}"'
        for one in INSTANCES
        for version in ("v1", "v2")
    ],
    "marquee_model_loads_total": [f'{one},outcome="loaded"' for one in INSTANCES],
    "marquee_recommendations_total": [
        f'{one},source="{source}"'
        for one in INSTANCES
        for source in ("personal", "popular")
    ],
    "up": [*INSTANCES, INGEST, RELEASE, RPC, 'job="search",service="search"'],
    "marquee_rpc_calls_total": [
        f'{RPC},track="stable",method="Recommend",code="{code}"'
        for code in ("OK", "INTERNAL", "DEADLINE_EXCEEDED")
    ],
    "marquee_rpc_duration_seconds_count": [f'{RPC},track="stable",method="Recommend"'],
    "marquee_rpc_duration_seconds_bucket": [
        f'{RPC},track="stable",method="Recommend",le="{le}"' for le in ("0.05", "0.25", "+Inf")
    ],
    "marquee_ingest_lines_total": [f'{INGEST},kind="{one}"' for one in ("watch", "rating")],
    "marquee_ingest_rejected_lines_total": [f'{INGEST},reason="{one}"' for one in ("time", "movie-id")],
    "marquee_ingest_recommendation_lines_total": [f'{INGEST},status="{one}"' for one in ("2xx", "0")],
    "marquee_ingest_lag_lines": [f'{INGEST},partition="{one}"' for one in ("0", "1")],
    "marquee_ingest_drift": [f'{INGEST},check="{one}"' for one in ("watch_share", "reject_rate")],
    "scrape_duration_seconds": [INGEST, *INSTANCES],
}  # fmt: skip
SECONDS = [
    f'{one},url_rule="/recommend/<user>",status="{status}"' for one in INSTANCES for status in ("200", "500")
]
CONTAINERS = ['id="/"', *(f'project="marquee",container="{name}",id="/{name}"' for name in TRACKS)]
DISKS = ['id="/",device="/dev/sda1"', 'id="/",device="/dev/sdb1"', 'id="/",device="/dev/shm"']


def series() -> Iterator[tuple[str, str]]:
    """Return every series that some query is about, and its values in promtool's words."""
    for metric in sorted({name for asked in every_query() for name in asked.metrics()}):
        if ":" not in metric and metric != "ALERTS":  # those come from the rules
            for labels in _labels(metric):
                yield f"{metric}{{{labels}}}", _values(metric)


def _labels(metric: str) -> list[str]:
    if metric.startswith("flask_"):
        ends = [f'{one},le="{le}"' for one in SECONDS for le in ("0.1", "0.25", "+Inf")]
        return ends if metric.endswith("_bucket") else SECONDS
    if metric.startswith("container_"):
        return DISKS if metric.startswith("container_fs") else CONTAINERS
    return LABELS.get(metric, ['service="one"'])


def _values(metric: str) -> str:
    if metric.endswith(("_total", "_count", "_sum", "_bucket")):
        return GROWING
    return SOME if metric in ("marquee_model_quality", "container_fs_usage_bytes") else ALWAYS_1
