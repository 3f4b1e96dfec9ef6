"""Helpers to read variables: the error, ports, secrets."""

import re
from collections.abc import Mapping
from pathlib import Path


class SettingsError(Exception):
    """A variable has a value that cannot be used. The message names the variable."""


def port(name: str, text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,4}", text) or int(text) > 65_535:
        raise SettingsError(f"{name} is {text!r}: use a port number from 1 to 65535.")
    return int(text)


def secret(env: Mapping[str, str], name: str) -> str | None:
    """Read a secret from the variable, or from the file that its `_FILE` twin names."""
    file = env.get(f"{name}_FILE")
    if not file:
        return env.get(name) or None
    try:
        return Path(file).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}_FILE is {file!r}, which cannot be read: {error}.") from error
