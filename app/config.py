"""The environment of the inference service, read in one place and strictly."""

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.model_format import LABEL

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
TRACKS = ("stable", "canary")
LOG = "log"
MAX_REQUEST_LINE = 16_384  # characters; 200 excluded ids of 78 characters fit


class SettingsError(Exception):
    """A variable has a value that cannot be used. The message is one sentence that names the variable."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What one instance of the service is told from outside."""

    model_dir: Path  # may be a link that is swapped while the service runs
    track: str = "stable"
    code_revision: str = "unknown"
    release_id: str | None = None  # None: <model version>-<code revision>
    model_poll_s: float = 5.0  # 0: a new model needs a restart
    metrics_dir: Path | None = None  # where the workers' metrics meet; None: one process
    log_level: str = "INFO"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    threads: int = 2
    impressions: str = "off"  # log: what is shown is written down, for `feedback collect`
    impressions_dir: Path | None = None
    impressions_max_mb: int = 16  # of one file of one worker
    impressions_files: int = 48  # in the folder in all
    recent_dir: Path | None = None  # of this instance alone: what users did since the training; None: nothing
    recent_max_mb: int = 256
    recent_file: Path | None = None  # followed where there is no Redis
    list_cache: int = 0  # computed lists that each worker keeps
    search: str | None = None  # HOST:PORT of a gateway of `search`; None: pages have no search box
    model_wait_s: float = 0.0  # how long a start waits for a model that something else is still bringing
    redis_url: str | None = field(default=None, repr=False)
    redis_password: str | None = field(default=None, repr=False)
    model_name: str = "recommender"  # what those who ask name the model in MODEL_DIR
    models: tuple[tuple[str, Path], ...] = ()  # several, by name; the first is that of `model_dir`
    rpc_port: int = 8500  # of app.rpc, as all that follows
    rpc_metrics_port: int = 8501
    rpc_tls_cert: Path | None = None  # None: without TLS
    rpc_tls_key: Path | None = None
    rpc_drain_s: float = 1.0  # between saying that it ends and refusing calls

    @property
    def named_models(self) -> tuple[tuple[str, Path], ...]:
        """Return what is served, by name; the first is what is meant where none is said."""
        return self.models or ((self.model_name, self.model_dir),)

    @property
    def follows(self) -> bool:
        """Tell whether there is anything to follow."""
        return bool(self.redis_url or self.recent_file)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment, an empty value like a missing one; raise `SettingsError` naming a bad one."""
        env = os.environ if environ is None else environ
        given = {name: text for name in VARIABLES if (text := env.get(name))}
        if not {"MODEL_DIR", "MODELS"} & given.keys():
            raise SettingsError("MODEL_DIR is not set: name the folder of the model to serve.")
        values: dict[str, Any] = {}
        for name, text in given.items():
            name_here, parse = VARIABLES[name]
            try:
                values[name_here] = parse(text)
            except ValueError as error:
                shown = "not what it should be" if name in SECRET else repr(text)
                raise SettingsError(f"{name} is {shown}: use {error}.") from error
        if "models" in values:  # an image always has a MODEL_DIR
            values["model_dir"] = values["models"][0][1]
        if not {"redis_url", "recent_file"} & values.keys():
            values.pop("recent_dir", None)  # a folder alone follows nothing
        if values.get("impressions") == LOG and "impressions_dir" not in values:
            raise SettingsError("IMPRESSIONS is log: name a folder in IMPRESSIONS_DIR.")
        if ("rpc_tls_cert" in values) != ("rpc_tls_key" in values):
            raise SettingsError(
                "RPC_TLS_CERT_FILE and RPC_TLS_KEY_FILE belong together: set both, or neither."
            )
        return cls(**values)


def address(host: str, port: int) -> str:
    """Return where something listens as one word: an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _one_of(allowed: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return text

    return parse


def _count(highest: int, lowest: int = 1) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"0|[1-9][0-9]{0,8}", text) or not lowest <= int(text) <= highest:
            raise ValueError(f"a whole number from {lowest} to {highest}")
        return int(text)

    return parse


def _label(text: str) -> str:
    if not LABEL.fullmatch(text):
        raise ValueError("one word of up to 128 letters, digits and . _ + -")
    return text


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text):
        raise ValueError("a number of seconds, 0 for never")
    return float(text)


def _host_and_port(text: str) -> str:
    form = re.fullmatch(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):([1-9][0-9]{0,4})", text)
    if not form or int(form[2]) > 65_535:
        raise ValueError("HOST:PORT")
    return text


def redis_url(text: str) -> str:
    """Return the address of a Redis; raise `ValueError` for what its client would refuse later."""
    try:
        address = urlsplit(text)
        known = address.scheme in ("redis", "rediss", "unix") and address.port != 0
    except ValueError:  # a port or an address that is none
        known = False
    if not known:
        raise ValueError("redis://HOST:PORT, rediss://HOST:PORT or unix:///PATH")
    return text


def _models(text: str) -> tuple[tuple[str, Path], ...]:
    """Read a list of names and folders; a folder is meant from where the list lies."""
    form = 'a file with [{"name": "NAME", "folder": "FOLDER"}, ...], each name once'
    try:
        found = [
            (_label(one["name"]), Path(text).parent / one["folder"]) for one in json.loads(_content(text))
        ]
    except (KeyError, TypeError) as error:
        raise ValueError(form) from error
    except ValueError as error:
        raise ValueError(f"{form} ({error})") from error
    if not found or len(dict(found)) < len(found):
        raise ValueError(form)
    return tuple(found)


def _content(text: str) -> str:
    try:
        return Path(text).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"a file that can be read ({error})") from error


SECRET = ("REDIS_URL", "REDIS_PASSWORD")
# variable -> field of Settings, and what reads it
VARIABLES: dict[str, tuple[str, Callable[[str], object]]] = {
    "MODEL_DIR": ("model_dir", Path),
    "TRACK": ("track", _one_of(TRACKS)),
    "CODE_REVISION": ("code_revision", _label),
    "RELEASE_ID": ("release_id", _label),
    "MODEL_POLL_S": ("model_poll_s", _seconds),
    "MODEL_WAIT_S": ("model_wait_s", _seconds),
    "PROMETHEUS_MULTIPROC_DIR": ("metrics_dir", Path),
    "LOG_LEVEL": ("log_level", lambda text: _one_of(LOG_LEVELS)(text.upper())),
    "HOST": ("host", str),
    "PORT": ("port", _count(65_535)),
    "WORKERS": ("workers", _count(64)),
    "THREADS": ("threads", _count(64)),
    "IMPRESSIONS": ("impressions", _one_of(("off", LOG))),
    "IMPRESSIONS_DIR": ("impressions_dir", Path),
    "IMPRESSIONS_MAX_MB": ("impressions_max_mb", _count(1024)),
    "IMPRESSIONS_FILES": ("impressions_files", _count(1000)),
    "RECENT_DIR": ("recent_dir", Path),
    "RECENT_MAX_MB": ("recent_max_mb", _count(65_536)),
    "RECENT_FILE": ("recent_file", Path),
    "LIST_CACHE": ("list_cache", _count(1_000_000, lowest=0)),
    "SEARCH": ("search", _host_and_port),
    "REDIS_URL": ("redis_url", redis_url),
    "REDIS_PASSWORD": ("redis_password", str),
    "REDIS_PASSWORD_FILE": ("redis_password", _content),
    "MODEL_NAME": ("model_name", _label),
    "MODELS": ("models", _models),
    "RPC_PORT": ("rpc_port", _count(65_535)),
    "RPC_METRICS_PORT": ("rpc_metrics_port", _count(65_535)),
    "RPC_DRAIN_S": ("rpc_drain_s", _seconds),
    "RPC_TLS_CERT_FILE": ("rpc_tls_cert", Path),
    "RPC_TLS_KEY_FILE": ("rpc_tls_key", Path),
}
