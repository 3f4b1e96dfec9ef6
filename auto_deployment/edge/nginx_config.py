"""NGINX's template filled in, and the generated servers of its upstream. Pure text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from auto_deployment.errors import MarqueeError


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


PLACEHOLDER = re.compile(r"\$\{(MARQUEE_[A-Z_]+)\}")
# Inside double quotes of an NGINX configuration these characters would end or change a value.
UNSAFE = re.compile(r'["\\$\x00-\x1f]')
LABEL = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,255}")


class TrafficError(MarqueeError):
    """NGINX cannot be configured like this, or refuses what it was given."""


@dataclass(frozen=True, slots=True)
class UpstreamServer:
    """One instance as NGINX sees it. The address is `host:port`; its port tells the track."""

    address: str
    weight: int
    is_canary: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Addresses that NGINX listens on and folders that it uses; they differ between hosts and containers."""

    listen: str
    status_listen: str
    run_dir: str
    upstream_dir: str
    log_dir: str
    static_dir: str


def variables(place: Place, traffic: TrafficParams) -> dict[str, str]:
    """Return every placeholder of `nginx/` with its value."""
    return {
        "MARQUEE_LISTEN": place.listen,
        "MARQUEE_STATUS_LISTEN": place.status_listen,
        "MARQUEE_RUN_DIR": place.run_dir,
        "MARQUEE_UPSTREAM_DIR": place.upstream_dir,
        "MARQUEE_LOG_DIR": place.log_dir,
        "MARQUEE_STATIC_DIR": place.static_dir,
        "MARQUEE_CONNECT_TIMEOUT_MS": str(traffic.connect_timeout_ms),
        "MARQUEE_ATTEMPT_TIMEOUT_MS": str(traffic.attempt_timeout_ms),
        "MARQUEE_ATTEMPTS": str(traffic.attempts),
        "MARQUEE_USER_RATE": str(traffic.user_requests_per_s),
        "MARQUEE_USER_BURST": str(traffic.user_burst),
    }


def render(template: str, values: Mapping[str, str]) -> str:
    """Fill in `${MARQUEE_...}` and nothing else, as envsubst does in the container.

    Raises `TrafficError` for a placeholder without a value and a value that would break out of its quotes.
    """

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in values:
            raise TrafficError(f"NGINX's template names {name}, which nobody sets.")
        if UNSAFE.search(values[name]):
            raise TrafficError(
                f"{values[name]!r} cannot stand in NGINX's configuration: choose a DATA_DIR without "
                'quotes, backslashes and "$" in its path.'
            )
        return values[name]

    return PLACEHOLDER.sub(value, template)


def upstream(
    servers: Sequence[UpstreamServer], salt: str, fail_timeout_s: int, resolver: str | None = None
) -> str:
    """Return `upstream.conf`: the split by user and the instances that take part in it, in three ways.

    In `marquee`, an instance that failed is avoided for a while. Two are for when none is left: in
    `marquee_last` are the stable ones, all of them where there is none, and in `marquee_any` all. In
    `marquee_canary`, missing where there is none, is the canary, for a page that compares tracks.

    The salt is the release id, so that each release tries its luck on other users. With a resolver (NGINX
    1.27.3 or newer) names are looked up again and again, so that replaced containers are found.
    """
    if not LABEL.fullmatch(salt):
        raise TrafficError(f"{salt!r} is no release id: use letters, digits and . _ + - only.")
    if not servers:
        raise TrafficError("NGINX needs at least one instance to send requests to.")
    # `zone`: all NGINX workers share what they know of failed instances. Gunicorn keeps an idle connection
    # for 75 s: NGINX is the first to close it, so none ends while in use. After 100 requests a new one is
    # opened, which may meet another worker.
    kept = "keepalive 16; keepalive_timeout 10s; keepalive_requests 100;"
    head = [f'hash "{salt}:$marquee_split_key" consistent;']
    if resolver is not None:
        head.append(f"resolver {resolver};")
    lines: list[str] = []
    stable = [server for server in servers if not server.is_canary] or servers
    canary = [server for server in servers if server.is_canary]
    for name, members, penalty in (
        ("marquee", servers, f"max_fails=1 fail_timeout={fail_timeout_s}s"),
        ("marquee_last", stable, "max_fails=0"),
        ("marquee_any", servers, "max_fails=0"),
        *([("marquee_canary", canary, "max_fails=0")] if canary else []),
    ):
        options = penalty + (" resolve" if resolver is not None else "")
        inside = [f"zone {name} 256k;", *head]
        inside += [f"server {server.address} weight={server.weight} {options};" for server in members]
        lines += [f"upstream {name} {{", *(f"    {line}" for line in [*inside, kept]), "}"]
    return "\n".join(lines) + "\n"
