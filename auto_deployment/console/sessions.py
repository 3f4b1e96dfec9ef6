"""Who is signed in: a name and the token, asked for once, then a signed cookie that lasts some hours."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import session

LASTS = timedelta(hours=8)
LONGEST_NAME = 60
PURPOSE = b"the console's sessions"


class Sessions:
    """Reads and writes the cookie of the request under way."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def open(self, name: str) -> None:
        """Begin one; what was in the cookie before is gone."""
        session.clear()
        session["name"], session["since"] = name, self._now().isoformat()
        session["form"] = secrets.token_urlsafe(24)

    def close(self) -> None:
        session.clear()

    @property
    def name(self) -> str | None:
        """Return who is signed in, None for nobody, or where it was too long ago."""
        return None if self.ran_out or "name" not in session else str(session["name"])

    @property
    def ran_out(self) -> bool:
        """Tell whether somebody was signed in, too long ago."""
        if "since" not in session:
            return False
        passed = self._now() - datetime.fromisoformat(session["since"])
        return not timedelta() <= passed < LASTS

    @property
    def form_key(self) -> str:
        """Return what every form of this session sends back: no page of another site knows it."""
        return str(session.get("form", ""))

    def is_own_form(self, given: str) -> bool:
        """Tell whether a form was one of this session's."""
        return bool(self.form_key) and hmac.compare_digest(given.encode(), self.form_key.encode())


def signing_key(token: str | None) -> bytes:
    """Return what cookies are signed with: another token ends all sessions, a restart ends none."""
    if token is None:
        return secrets.token_bytes(32)
    return hmac.new(token.encode(), PURPOSE, hashlib.sha256).digest()


def name_in(text: str) -> str | None:
    """Return a person's name as typed, None where it is none that a record or a mail could show."""
    name = " ".join(text.split())
    return name if name and len(name) <= LONGEST_NAME and name.isprintable() else None
