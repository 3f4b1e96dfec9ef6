"""Generated requests for the service: most of them nearly valid, as those reach further than noise."""

import random
import string
from dataclasses import dataclass
from urllib.parse import quote

METHODS = ["GET"] * 20 + ["HEAD"] * 2 + ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW"]
ADDRESSES = ["version", "health/live", "health/ready", "metrics", "openapi.yaml", "", "nothing", "recommend"]
ODD = [
    "",
    "0",
    "-1",
    "+5",
    "1e9",
    "٣",
    "²",
    "\x00",
    "\n",
    "null",
    "NaN",
    "100",
    "101",
    "9" * 30,
    "'",
    '"',
    "%",
    "🎬",
]
ACCEPTS = [
    "*/*",
    "application/json",
    "text/html, */*;q=0.1",
    "application/json;q=x",
    ";",
    "a/b/c",
    "text/plain",
]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its bytes, and the described path that it belongs to, if any."""

    method: str
    path: str | None
    content: bytes


class Generator:
    """Makes requests; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    def request(self) -> Asked:
        path, target = self._target()
        method = self._rng.choice(METHODS)
        lines = [f"{method} {target}{self._query()} HTTP/1.1", "Host: x", *self._headers()]
        return Asked(method, path, ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def _target(self) -> tuple[str | None, str]:
        kind = self._rng.randrange(10)
        if kind < 5:
            return "/recommend/{user}", f"/recommend/{self._escaped(self._user())}"
        if kind < 7:
            return "/similar/{movie}", f"/similar/{self._escaped(self._movie())}"
        if kind < 8:
            return "/popular", "/popular"
        address = self._rng.choice(ADDRESSES)
        return (f"/{address}" if address in ADDRESSES[:6] else None), f"/{address}"

    def _user(self) -> str:
        digits = "".join(self._rng.choices(string.digits, k=self._rng.choice([1, 2, 2, 7, 19, 20, 30, 4400])))
        return self._rng.choice([digits, digits, digits, f"-{digits}", f"{digits}x", self._word()])

    def _movie(self) -> str:
        number = self._rng.randrange(220)
        return self._rng.choice([f"film+{number}+{1950 + number % 75}", f"film+{number}", self._word()])

    def _word(self) -> str:
        if self._rng.random() < 0.5:
            return self._rng.choice(ODD) or "empty"
        return "".join(chr(self._rng.randrange(0x300)) for _ in range(self._rng.randrange(1, 9)))

    def _query(self) -> str:
        parts = [self._parameter() for _ in range(self._rng.choice([0, 0, 1, 1, 1, 2, 3]))]
        return "?" + "&".join(parts) if parts else ""

    def _parameter(self) -> str:
        number = self._rng.randrange(-1, 130)
        excluded = ",".join(self._movie() for _ in range(self._rng.choice([1, 3, 20, 200, 201])))
        name, value = self._rng.choice(
            [
                ("n", str(number)),
                ("n", self._word()),
                ("exclude", excluded),
                ("genre", self._rng.choice(["horror", "Sci-Fi", "Western", ""])),
                (self._word(), self._word()),
            ]
        )
        return f"{self._escaped(name)}={self._escaped(value)}"

    def _escaped(self, text: str) -> str:
        return quote(text, safe=self._rng.choice(["", "+,", "+,:@!$&'()*;=~"]))

    def _headers(self) -> list[str]:
        headers = [f"Accept: {self._rng.choice(ACCEPTS)}"] if self._rng.random() < 0.7 else []
        if self._rng.random() < 0.2:
            value = "".join(chr(self._rng.randrange(0x21, 0x100)) for _ in range(self._rng.randrange(40)))
            name = self._rng.choice(
                ["Cookie", "X-Forwarded-For", "User-Agent", "Range", "If-None-Match", "Accept"]
            )
            headers.append(f"{name}: {value.replace(chr(0x7F), '')}")
        return headers
