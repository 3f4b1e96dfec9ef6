"""Damage as the real stream has it: each kind of it, at random."""

import string
from dataclasses import fields

import numpy as np

from auto_deployment.simulate.params import DamageParams

Message = bytes | None  # None is a Kafka tombstone
STRAY = string.ascii_letters + " "
TOKEN = string.ascii_letters + string.digits
# Kinds that change the line; duplicates and late lines stay as they are.
KINDS = tuple(field.name for field in fields(DamageParams) if field.name not in ("duplicate", "late"))
LONG_BYTES = 100_000


def damage(rng: np.random.Generator, lines: list[bytes], shares: DamageParams) -> list[Message]:
    """Return the lines with a share of them damaged."""
    messages: list[Message] = list(lines)
    odds = np.array([getattr(shares, kind) for kind in KINDS]).cumsum()
    draws = rng.random(len(lines))
    hit = np.flatnonzero(draws < odds[-1])
    kinds = np.searchsorted(odds, draws[hit], side="right")
    for place, kind in zip(hit.tolist(), kinds.tolist(), strict=True):
        messages[place] = damage_line(rng, lines[place], KINDS[kind])
    return messages


def damage_line(rng: np.random.Generator, line: bytes, kind: str) -> Message:
    """Return the line with one kind of damage; where there is no movie id, a stray character does for it."""
    movie = _movie_span(line)
    match kind:
        case "movie_stray" if movie:
            return _insert(line, int(rng.integers(movie[0], movie[1] + 1)), _pick(rng, STRAY))
        case "movie_token" if movie:
            token = "".join(_pick(rng, TOKEN) for _ in range(16))
            return line[: movie[0]] + token.encode() + line[movie[1] :]
        case "user":
            return _damage_user(rng, line)
        case "encoding":
            return _insert(line, int(rng.integers(len(line))), "\xff", "latin-1")
        case "empty":
            return b""
        case "long":
            return line + b"+" * LONG_BYTES
        case "tombstone":
            return None
        case _:
            return _insert(line, int(rng.integers(len(line))), _pick(rng, STRAY))


def _damage_user(rng: np.random.Generator, line: bytes) -> bytes:
    time, user, rest = line.split(b",", 2)
    match rng.integers(3):
        case 0:
            user += b"%d" % rng.integers(1, 10) * max(7 - len(user), 1)
        case 1:
            user = b"-" + user
        case _:
            user = _insert(user, int(rng.integers(len(user) + 1)), _pick(rng, string.ascii_letters))
    return b",".join((time, user, rest))


def _movie_span(line: bytes) -> tuple[int, int] | None:
    for head, end in ((b"GET /data/m/", b"/"), (b"GET /rate/", b"=")):
        begin = line.find(head)
        if begin >= 0:
            return begin + len(head), line.rindex(end)
    return None


def _pick(rng: np.random.Generator, characters: str) -> str:
    return characters[rng.integers(len(characters))]


def _insert(line: bytes, place: int, text: str, encoding: str = "utf-8") -> bytes:
    return line[:place] + text.encode(encoding) + line[place:]
