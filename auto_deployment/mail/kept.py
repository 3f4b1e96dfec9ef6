"""Mails as they lie in an outbox, for those who look at them: what was sent, what waits, what was refused."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import default
from pathlib import Path

from auto_deployment.errors import MarqueeError
from auto_deployment.mail.outbox_files import REFUSED, SENT, WAITING, Progress

KEPT = "kept"  # written while there was no mail server
PLACES = {KEPT: "", WAITING: WAITING, SENT: SENT, REFUSED: REFUSED}
HEAD_BYTES = 16_384
STEM = re.compile(r"[A-Za-z0-9._-]{1,200}")
_picture = re.compile(r"cid:([A-Za-z0-9._-]+)")


class KeptError(MarqueeError):
    """A mail cannot be read. The message says which."""


@dataclass(frozen=True, slots=True)
class KeptMail:
    """A file of an outbox; `written` is when, also of one of which only the name is left."""

    path: Path
    state: str
    written: datetime
    nbytes: int

    @property
    def stem(self) -> str:
        return self.path.stem


@dataclass(frozen=True, slots=True)
class Shown:
    """A mail as its readers see it; `html` needs nothing but itself."""

    subject: str
    sender: str
    to: str
    text: str
    html: str
    is_damaged: bool  # what is left is shown


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a mail that waits or was refused; `damage` where its record cannot be read."""

    progress: Progress = field(default_factory=Progress)
    damage: str = ""


def kept_mails(folder: Path) -> list[KeptMail]:
    """Return the mails of an outbox, newest first; one that moves meanwhile is left out."""
    found = [mail for state in PLACES for mail in _in_state(folder, state)]
    return sorted(found, key=lambda mail: (mail.written, mail.stem), reverse=True)


def kept_mail(folder: Path, stem: str) -> KeptMail | None:
    """Return one mail by the name of its file, None where there is none."""
    if not STEM.fullmatch(stem):
        return None
    paths = ((folder / place / f"{stem}.eml", state) for state, place in PLACES.items())
    return next((mail for path, state in paths if (mail := _mail(path, state)) is not None), None)


def subject_of(mail: KeptMail) -> str:
    """Return the subject, what stands for it where there is none to be read."""
    if not mail.nbytes:
        return "(only its name is kept)"
    try:
        with mail.path.open("rb") as file:
            head = BytesHeaderParser(policy=default).parsebytes(file.read(HEAD_BYTES))
    except OSError:
        return "(cannot be read)"
    return str(head["Subject"] or "") or "(without a subject)"


def show(mail: KeptMail) -> Shown:
    """Return a mail as its readers see it; raise `KeptError` where nothing of it can be read."""
    if not mail.nbytes:
        raise KeptError(f"{mail.stem} was sent, and only its name is kept: the newest 500 are kept in full.")
    try:
        message = message_from_bytes(mail.path.read_bytes(), policy=default)
        text, html = (_body(message, kind) for kind in ("plain", "html"))
    except (OSError, LookupError, ValueError) as error:
        raise KeptError(f"{mail.path} cannot be read as a mail: {error}") from error
    if not message["Subject"] or not (text or html):
        raise KeptError(f"{mail.path} is damaged: it is no mail that can be shown.")
    subject, sender, to = (str(message[name] or "") for name in ("Subject", "From", "To"))
    cut = any(part.defects for part in message.walk())
    return Shown(subject, sender, to, text, _picture.sub(_data_address(message), html), cut)


def tried(mail: KeptMail) -> Tried:
    """Return what the server has said so far."""
    try:
        progress = Progress.from_json(json.loads(mail.path.with_suffix(".json").read_bytes()))
        if not isinstance(progress.refused, dict):
            raise TypeError("who refused it is no object")
        return Tried(progress)
    except FileNotFoundError:
        return Tried()
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Tried(damage=f"{mail.path.with_suffix('.json')} cannot be read: {error}")


def _in_state(folder: Path, state: str) -> Iterator[KeptMail]:
    for path in (folder / PLACES[state]).glob("*.eml"):
        if STEM.fullmatch(path.stem) and (mail := _mail(path, state)) is not None:
            yield mail


def _mail(path: Path, state: str) -> KeptMail | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return KeptMail(path, state, datetime.fromtimestamp(found.st_mtime, UTC), found.st_size)


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())


def _data_address(message: EmailMessage) -> Callable[[re.Match[str]], str]:
    """Return what puts a picture that came with the mail in the place of its name."""
    pictures = {
        str(part["Content-ID"] or "").strip("<>"): part.get_content()
        for part in message.walk()
        if part.get_content_type() == "image/png"
    }

    def address(found: re.Match[str]) -> str:
        png = pictures.get(found[1])
        return f"data:image/png;base64,{base64.b64encode(png).decode()}" if png else found[0]

    return address
