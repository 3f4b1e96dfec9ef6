"""Words of options as values; what is not understood raises `BadInputError` with an example."""

import math
import re

from auto_deployment.errors import BadInputError

UNITS_S = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def read_seconds(text: str) -> float:
    """Read 90, 60s, 2m or 1h."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|h|)", text)
    seconds = float(found[1]) * UNITS_S[found[2]] if found else 0.0
    if not seconds:
        raise BadInputError(f"{text!r} is no length of time: use 60s, 2m or 1h")
    return seconds


def read_positive(text: str) -> float:
    """Read a number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < math.inf:
        raise BadInputError(f"{text!r} is no number above 0")
    return number


def read_count(text: str) -> int:
    """Read a whole number, 1 or more."""
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        raise BadInputError(f"{text!r} is no whole number of 1 or more")
    return int(text)


def read_counts(text: str) -> tuple[int, ...]:
    """Read 1,2,4: whole numbers, in order, each once."""
    return tuple(sorted({read_count(one.strip()) for one in text.split(",")}))


def read_numbers(text: str) -> tuple[float, ...]:
    """Read 0.25,0.5,1: numbers above 0, in order, each once."""
    return tuple(sorted({read_positive(one.strip()) for one in text.split(",")}))


def read_users(text: str) -> tuple[int, int]:
    """Read FIRST-LAST, a range of user ids."""
    found = re.fullmatch(r"(\d{1,18})-(\d{1,18})", text, re.ASCII)
    if not found or not 0 < int(found[1]) <= int(found[2]):
        raise BadInputError(f"{text!r} is no range of users: use FIRST-LAST, for example 1-6000")
    return int(found[1]), int(found[2])


def read_price(text: str) -> tuple[float, float]:
    """Read cpu=PRICE,memory=PRICE: what a core and a GB cost, in any one currency."""
    prices: dict[str, float] = {}
    for word in text.split(","):
        name, _, price = word.partition("=")
        if name not in ("cpu", "memory") or name in prices:
            raise BadInputError(
                f"{text!r} names no prices: use cpu=PRICE,memory=PRICE, for example cpu=30,memory=4"
            )
        prices[name] = read_positive(price)
    if len(prices) != 2:
        raise BadInputError(
            f"{text!r} lacks a price: use cpu=PRICE,memory=PRICE, for example cpu=30,memory=4"
        )
    return prices["cpu"], prices["memory"]


def read_services(text: str) -> dict[str, float]:
    """Read NAME[=WEIGHT],...: services, and how much of the load each of them gets; weights add up to 1."""
    weights: dict[str, float] = {}
    for word in text.split(","):
        name, equals, weight = word.partition("=")
        if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9._-]*", name) or name in weights:
            raise BadInputError(
                f"{text!r} names no services: use NAME[=WEIGHT],..., for example stable-1=40,canary=20"
            )
        weights[name] = read_positive(weight) if equals else 1.0
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}
