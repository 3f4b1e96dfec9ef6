"""The environment of `auto_deployment`, read in one place and strictly."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(Exception):
    """A variable has a value that cannot be used. The message names the variable."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Addresses, folders and secrets; numbers that someone may argue about live in `params.yaml`."""

    data_dir: Path
    params_file: Path
    rating_scale: tuple[float, float]
    log_level: str

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment; raise `SettingsError` with the variable's name on a value that cannot be used."""
        env = os.environ if environ is None else environ
        level = env.get("LOG_LEVEL", "INFO").upper()
        if level not in LOG_LEVELS:
            raise SettingsError(f"LOG_LEVEL is {level!r}: use one of {', '.join(LOG_LEVELS)}.")
        return cls(
            data_dir=Path(env.get("DATA_DIR") or "data"),
            params_file=Path(env.get("PARAMS_FILE") or "params.yaml"),
            rating_scale=_scale(env.get("RATING_SCALE") or "1-5"),
            log_level=level,
        )


def _scale(text: str) -> tuple[float, float]:
    low, _, high = text.partition("-")
    try:
        scale = (float(low), float(high))
    except ValueError:
        scale = (0.0, 0.0)
    if not scale[0] < scale[1]:
        raise SettingsError(f"RATING_SCALE is {text!r}: use LOW-HIGH, for example 1-5 or 1-10.")
    return scale
