"""*Mails*: what was sent, what waits, and what a server refused, each as it looks."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from auto_deployment.console.page import Asked, BadQuestionError, Console, Facts, MissingError
from auto_deployment.console.paging import part_of
from auto_deployment.mail.kept import (
    PLACES,
    KeptError,
    KeptMail,
    kept_mail,
    kept_mails,
    show,
    subject_of,
    tried,
)
from auto_deployment.paths import Paths

BOXES = ("releases", "cycles")
WORDS = {
    "kept": "kept here until there is a mail server",
    "waiting": "waits for the server",
    "sent": "sent",
    "refused": "refused by the server",
}
TONES = {"kept": "open", "waiting": "open", "sent": "good", "refused": "bad"}


def facts(console: Console, asked: Asked) -> Facts:
    state = asked.query.get("state", "")
    if state not in ("", *PLACES):
        raise BadQuestionError(f"state is one of {', '.join(PLACES)}.")
    found = [(box, mail) for box, folder in _folders(console.paths).items() for mail in kept_mails(folder)]
    found.sort(key=lambda one: (one[1].written, one[1].stem), reverse=True)
    part = part_of([one for one in found if state in ("", one[1].state)], asked.number("page"))
    return {
        "part": part,
        "rows": [(box, mail, subject_of(mail)) for box, mail in part.items],
        "counts": Counter(mail.state for _, mail in found),
        "total": len(found),
        "state": state,
        "states": PLACES,
        "words": WORDS,
        "tones": TONES,
    }


def mail(console: Console, asked: Asked) -> Facts:
    found = _found(console.paths, asked)
    base = {"box": asked.words["box"], "mail": found, "words": WORDS, "tones": TONES, "tried": tried(found)}
    try:
        return {**base, "shown": show(found), "damage": ""}
    except KeptError as error:
        return {**base, "shown": None, "damage": str(error)}


def mail_page(console: Console, asked: Asked) -> str:
    try:
        html = show(_found(console.paths, asked)).html
    except KeptError as error:
        raise MissingError(str(error)) from error
    if not html:
        raise MissingError("This mail has no HTML: its text is on its page.")
    return html


def _found(paths: Paths, asked: Asked) -> KeptMail:
    folder = _folders(paths).get(asked.words["box"])
    found = kept_mail(folder, asked.words["stem"]) if folder else None
    if found is None:
        raise MissingError("There is no such mail: the page Mails has all of them.")
    return found


def _folders(paths: Paths) -> Mapping[str, Path]:
    return dict(zip(BOXES, (paths.release_outbox, paths.outbox), strict=True))
