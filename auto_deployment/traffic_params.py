"""The `traffic` section of `params.yaml`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrafficParams:
    """How NGINX shares out users and how long it waits."""

    stable_weight: int  # of each of the two stable instances
    canary_weight: int
    attempt_timeout_ms: int
    connect_timeout_ms: int
    attempts: int
    user_requests_per_s: int
    user_burst: int
    fail_timeout_s: int
    edge_log_max_mb: int
    edge_log_files: int
