"""Where the programs of one host listen, and whom `ingest` asks."""

import ipaddress
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from auto_deployment.config.env import SettingsError, Variables, port, secret, url


@dataclass(frozen=True, slots=True)
class LocalAddresses:
    """Where the plain processes of a local run listen; all but the first two are for this host only."""

    host: str = "127.0.0.1"
    port: int = 8082
    status_port: int = 18082
    stable_port: int = 18000
    canary_port: int = 18001


@dataclass(frozen=True, slots=True)
class IngestAddresses:
    """Where `ingest` shows its metrics and health, and whom it asks about movies and users."""

    metrics_host: str = "127.0.0.1"
    metrics_port: int = 9108
    platform_api_url: str | None = None  # nobody is asked


class SchedulerAddress(NamedTuple):
    """Where `schedule` shows its metrics."""

    host: str = "127.0.0.1"
    port: int = 9109


@dataclass(frozen=True, slots=True)
class FeedbackAddresses:
    """Where `feedback collect` and `feedback join` show their metrics, and the database; None: files."""

    metrics_host: str = "127.0.0.1"
    collect_port: int = 9111
    join_port: int = 9112
    database_url: str | None = field(default=None, repr=False)
    database_password: str | None = field(default=None, repr=False)


def local_addresses(**fields: object) -> LocalAddresses:
    """Check that no two of its programs get one port."""
    found = LocalAddresses(**fields)  # type: ignore[arg-type]  # LOCAL has parsed them
    if len({found.port, found.status_port, found.stable_port, found.canary_port}) < 4:
        raise SettingsError(f"{', '.join(list(LOCAL)[1:])} must be different ports.")
    return found


def feedback_addresses(**fields: object) -> FeedbackAddresses:
    """Check the database's address without showing it: it may hold a password."""
    found = FeedbackAddresses(**fields)  # type: ignore[arg-type]  # FEEDBACK has parsed them
    if found.database_url is not None and not _is_database(found.database_url):
        raise SettingsError("FEEDBACK_URL must be postgresql://USER@HOST:PORT/DATABASE.")
    return found


def _is_database(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("postgresql", "postgres") and bool(parts.netloc and parts.path.strip("/"))
    except ValueError:
        return False


def _ipv4(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise ValueError("an IPv4 address, 127.0.0.1 for this host only or 0.0.0.0 for all") from None


LOCAL: Variables = {
    "MARQUEE_HOST": ("host", _ipv4),
    "MARQUEE_PORT": ("port", port),
    "NGINX_STATUS_PORT": ("status_port", port),
    "STABLE_PORT": ("stable_port", port),
    "CANARY_PORT": ("canary_port", port),
}
INGEST: Variables = {
    "INGEST_METRICS_HOST": ("metrics_host", str),
    "INGEST_METRICS_PORT": ("metrics_port", port),
    "PLATFORM_API_URL": ("platform_api_url", url),
}
SCHEDULER: Variables = {"SCHEDULER_METRICS_HOST": ("host", str), "SCHEDULER_METRICS_PORT": ("port", port)}
FEEDBACK: Variables = {
    "FEEDBACK_METRICS_HOST": ("metrics_host", str),
    "FEEDBACK_COLLECT_METRICS_PORT": ("collect_port", port),
    "FEEDBACK_JOIN_METRICS_PORT": ("join_port", port),
    **secret("FEEDBACK_URL", "database_url"),
    **secret("FEEDBACK_PASSWORD", "database_password"),
}
