"""The variables of the fleet's master: where it listens, where others find it, and the tokens of both."""

from dataclasses import dataclass, field
from pathlib import Path

from auto_deployment.config.env import Variables, port, secret, url


@dataclass(frozen=True, slots=True)
class MasterSettings:
    """Without an address there is no master, and nobody needs one."""

    url: str | None = None
    node_token: str | None = field(default=None, repr=False)  # to report
    node_tokens: Path | None = None  # whose token is whose, as hashes
    operator_token: str | None = field(default=None, repr=False)  # for all else
    host: str = "127.0.0.1"
    port: int = 8087
    folder: Path | None = None  # of its database; None: DATA_DIR/master


VARIABLES: Variables = {
    "MASTER_URL": ("url", url),
    "MASTER_HOST": ("host", str),
    "MASTER_PORT": ("port", port),
    "MASTER_DIR": ("folder", Path),
    **secret("FLEET_NODE_TOKEN", "node_token"),
    "FLEET_NODE_TOKENS_FILE": ("node_tokens", Path),
    **secret("FLEET_OPERATOR_TOKEN", "operator_token"),
}
