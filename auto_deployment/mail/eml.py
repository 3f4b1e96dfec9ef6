"""A mail as the bytes that travel. Pure; nothing from outside can add a header or an address."""

import hashlib
import re
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from auto_deployment.mail.mail import Mail

SUBJECT_MAX = 200


def file_stem(key: str) -> str:
    """Return the name that a key has in a folder: readable, and another one for every other key."""
    return f"{re.sub(r'[^A-Za-z0-9._]+', '-', key)[:100].strip('-.')}-{_digest(key)[:12]}"


def one_line(text: str, longest: int = SUBJECT_MAX) -> str:
    """Return text without line breaks and control characters, also where they are written as encoded words.

    The email package decodes those (`=?utf-8?q?a=0Ab?=`) and writes the line break that was in them.
    """
    clean = " ".join("".join(one if one.isprintable() else " " for one in text).split()).replace("=?", "= ?")
    return clean if len(clean) <= longest else f"{clean[: longest - 3]}..."


def to_bytes(mail: Mail, sender: str, recipients: Sequence[str]) -> bytes:
    """Return the whole message: text, and HTML with its pictures beside it."""
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(sender)
    message["To"] = [_address(one) for one in recipients] or "undisclosed-recipients:;"
    message["Subject"] = one_line(mail.subject)
    message["Date"] = format_datetime(mail.at)
    message["Message-ID"] = message_id(f"{mail.key} {mail.at.isoformat()}", sender)
    if mail.thread is not None:
        message["References"] = message_id(mail.thread, sender)
    # Nobody's absence note shall answer a program.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Marquee-Event"] = one_line(mail.key)
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    page = list(message.iter_parts())[1]
    assert isinstance(page, EmailMessage)
    for cid, png in mail.images.items():
        page.add_related(png, "image", "png", cid=f"<{cid}>", filename=f"{cid}.png", disposition="inline")
    return message.as_bytes()


def message_id(text: str, sender: str) -> str:
    """Return an id that is the same whenever the text is: a receiver knows a repetition by it."""
    return f"<{_digest(text)[:32]}@{domain(sender)}>"


def domain(sender: str) -> str:
    """Return the part of an address behind the @."""
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"


def _address(text: str) -> Address:
    name, address = parseaddr(text)
    return Address(display_name=name, addr_spec=address)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
