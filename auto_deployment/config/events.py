"""The variables of `events serve`: where it listens, and the token of who may ask."""

from dataclasses import dataclass, field

from auto_deployment.config.env import Variables, port, secret


@dataclass(frozen=True, slots=True)
class EventsSettings:
    """This host only, unless told otherwise."""

    host: str = "127.0.0.1"
    port: int = 8086
    token: str | None = field(default=None, repr=False)


VARIABLES: Variables = {
    "EVENTS_HOST": ("host", str),
    "EVENTS_PORT": ("port", port),
    **secret("EVENTS_TOKEN", "token"),
}
