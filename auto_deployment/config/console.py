"""The variables of `console`: where it listens, who may read and who may press."""

from dataclasses import dataclass, field
from pathlib import Path

from auto_deployment.config.env import Variables, one_of, port, secret


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """This host only, unless told otherwise; nobody presses anything without a token."""

    host: str = "127.0.0.1"
    port: int = 8085
    token: str | None = field(default=None, repr=False)
    reading_needs_token: bool = False
    inbox: Path | None = None  # where the controller listens; None: in DATA_DIR


VARIABLES: Variables = {
    "CONSOLE_HOST": ("host", str),
    "CONSOLE_PORT": ("port", port),
    "CONSOLE_READING": ("reading_needs_token", lambda text: one_of(("open", "token"))(text) == "token"),
    "CONSOLE_INBOX": ("inbox", Path),
    **secret("CONSOLE_TOKEN", "token"),
}
