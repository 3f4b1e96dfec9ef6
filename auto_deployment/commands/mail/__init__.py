"""`mail`: see whether mails arrive, and what they look like."""

import argparse
import base64
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from auto_deployment.commands.mail.examples import all_examples
from auto_deployment.config import Settings
from auto_deployment.errors import BadInputError, MarqueeError
from auto_deployment.host.signals import until_stopped
from auto_deployment.mail.eml import to_bytes
from auto_deployment.mail.mail import Mail
from auto_deployment.mail.sender import Sender
from auto_deployment.mail.smtp import ServerError, answers, converse
from auto_deployment.paths import Paths
from auto_deployment.release.mails import release_outbox


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("test", help="send one mail now and say what the server answered")
    actions.add_parser("deliver", help="send the mails in the outbox of releases, until Ctrl-C or SIGTERM")
    examples = actions.add_parser("examples", help="write a mail of every kind, as .eml and .html")
    examples.add_argument("--out", type=Path, required=True, metavar="DIR")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do it; return 1 when the server did not take the mail for everybody."""
    if args.action == "examples":
        return _examples(args.out, settings)
    if args.action == "deliver":
        return _deliver(settings)
    return _test(settings)


def _test(settings: Settings) -> int:
    mail, now = settings.mail, datetime.now(UTC)
    smtp = mail.smtp or (mail.mailbox if mail.mailbox and answers(mail.mailbox) else None)
    if smtp is None:
        raise BadInputError("SMTP_HOST is not set: mails stay as files in the outbox, none is sent.")
    example = next(mail for name, mail in all_examples() if name == "promoted")
    subject = f"Test of Marquee's mails ({now:%H:%M} UTC)"
    content = to_bytes(
        replace(example, key=f"test/{now.isoformat()}", at=now, subject=subject, thread=None),
        mail.sender,
        mail.recipients,
    )
    try:
        said_to = converse(smtp, mail.sender, mail.recipients, content)
    except ServerError as error:
        raise MarqueeError(f"{error}.") from error
    for recipient, (code, said) in said_to.items():
        sys.stdout.write(
            f"{recipient}: {f'{code} {said}'.strip() if code != 250 else 'taken by the server'}\n"
        )
    return 0 if all(code == 250 for code, _ in said_to.values()) else 1


def _deliver(settings: Settings) -> int:
    outbox = release_outbox(Paths(settings.data_dir), settings.mail)
    with Sender(outbox), until_stopped(twice_ends=True) as stop:
        stop.wait()
    return 0


def _examples(folder: Path, settings: Settings) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for name, mail in all_examples():
        recipients = settings.mail.recipients or ("you@example.org",)
        (folder / f"{name}.eml").write_bytes(to_bytes(mail, settings.mail.sender, recipients))
        (folder / f"{name}.html").write_text(page_of(mail), "utf-8")
        (folder / f"{name}.txt").write_text(f"Subject: {mail.subject}\n\n{mail.text}", "utf-8")
        sys.stdout.write(f"{folder / name}.html  {mail.subject}\n")
    return 0


def page_of(mail: Mail) -> str:
    """Return the HTML with its pictures in it, for a browser."""
    html = mail.html
    for cid, png in mail.images.items():
        html = html.replace(f"cid:{cid}", f"data:image/png;base64,{base64.b64encode(png).decode()}")
    return html
