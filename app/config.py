"""The environment of the inference service, read in one place and strictly."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment, an empty value like a missing one; raise `SettingsError` naming a bad one."""
        env = os.environ if environ is None else environ
        given = {name: text for name in VARIABLES if (text := env.get(name))}
        if "MODEL_DIR" not in given:
            raise SettingsError("MODEL_DIR is not set: name the folder of the model to serve.")
        values: dict[str, Any] = {}
        for name, text in given.items():
            field, parse = VARIABLES[name]
            try:
                values[field] = parse(text)
            except ValueError as error:
                raise SettingsError(f"{name} is {text!r}: use {error}.") from error
        if values.get("impressions") == LOG and "impressions_dir" not in values:
            raise SettingsError("IMPRESSIONS is log: name a folder in IMPRESSIONS_DIR.")
        return cls(**values)


def _one_of(allowed: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return text

    return parse


def _count(highest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[1-9][0-9]{0,8}", text) or int(text) > highest:
            raise ValueError(f"a whole number from 1 to {highest}")
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


# variable -> field of Settings, and what reads it
VARIABLES: dict[str, tuple[str, Callable[[str], object]]] = {
    "MODEL_DIR": ("model_dir", Path),
    "TRACK": ("track", _one_of(TRACKS)),
    "CODE_REVISION": ("code_revision", _label),
    "RELEASE_ID": ("release_id", _label),
    "MODEL_POLL_S": ("model_poll_s", _seconds),
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
}
