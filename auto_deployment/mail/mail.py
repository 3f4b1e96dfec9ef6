"""A mail before it is one: what it says, its pictures, and the key by which it is sent once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Mail:
    """`key` names the event; a mail is sent once for each key, ever."""

    key: str
    at: datetime  # when the event happened: the mail's date
    subject: str
    text: str
    html: str
    images: Mapping[str, bytes] = field(default_factory=dict)  # content id, as in <img src="cid:...">, -> PNG
    thread: str | None = None  # mails that belong together: clients show them as one conversation
