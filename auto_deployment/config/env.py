"""How variables are read: from a table of what reads each one, with every complaint made here."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

# What reads a value: ValueError says what to use instead, OSError what is wrong with the file it names.
Parser = Callable[[str], object]
Variables = Mapping[str, tuple[str, Parser]]  # variable -> field, and what reads it


MIN_TOKEN = 16
CREDENTIALS = re.compile(r"//.*@")  # of an address: a message of it must not tell them


class SettingsError(Exception):
    """A variable has a value that cannot be used. The message names the variable."""


def read(env: Mapping[str, str], variables: Variables) -> dict[str, Any]:
    """Return field -> value of what is set and not empty; raise `SettingsError` naming a bad one."""
    values = {}
    for name, (field, parse) in variables.items():
        if text := env.get(name):
            try:
                values[field] = parse(text)
            except ValueError as error:
                raise SettingsError(f"{name} is {_shown(text)}: use {error}.") from error
            except OSError as error:
                raise SettingsError(f"{name} is {_shown(text)}, which {error}.") from error
    return values


def _shown(text: str) -> str:
    return repr(CREDENTIALS.sub("//...@", text))


def secret(name: str, field: str) -> Variables:
    """Return the rows of a secret: in the variable, or (this wins) the file that its `_FILE` twin names."""
    return {name: (field, str), f"{name}_FILE": (field, _content)}


def hard_to_guess(token: str | None, variable: str) -> str:
    """Return the token of this file's variable; raise `SettingsError` where there is none or it is short."""
    if token is None or len(token) < MIN_TOKEN:
        said = "is not set" if token is None else f"has only {len(token)} characters"
        raise SettingsError(
            f"The token of {variable} {said}: name a file with at least {MIN_TOKEN} that nobody can "
            "guess, for example of `openssl rand -hex 32`."
        )
    return token


def matching(form: str, what: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(form, text):
            raise ValueError(what)
        return text

    return parse


def one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    return matching("|".join(words), f"one of {', '.join(words)}")


def port(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,4}", text) or int(text) > 65_535:
        raise ValueError("a port number from 1 to 65535")
    return int(text)


def existing_file(text: str) -> str:
    if not Path(text).is_file():
        raise OSError("is no file")
    return text


url = matching(r"https?://.*", "an address that begins with http:// or https://")


def _content(file: str) -> str:
    try:
        return Path(file).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise OSError(f"cannot be read: {error}") from error
