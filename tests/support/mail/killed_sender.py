"""A process that puts a mail, sends it, and kills itself at one step: `FOLDER PORT POINT`."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from auto_deployment.config.mail import SmtpSettings
from auto_deployment.mail import outbox as outbox_module
from auto_deployment.mail import smtp
from auto_deployment.mail.outbox_files import OutboxFiles
from tests.support.mail.mails import NOW, mail, outbox


def die(*args: Any, **options: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def then_die(act: Callable[..., Any], calls: int = 1) -> Callable[..., Any]:
    """Return the function that does it so many times, then dies."""
    left = [calls]

    def act_and_die(*args: Any, **options: Any) -> Any:
        done = act(*args, **options)
        left[0] -= 1
        if not left[0]:
            die()
        return done

    return act_and_die


def arm(point: str) -> None:
    note, close_sent = OutboxFiles.note, OutboxFiles.close_sent
    owner, name, deadly = {
        "mail written, not yet shown": (os, "replace", die),
        "mail shown": (OutboxFiles, "put", then_die(OutboxFiles.put)),
        "attempt recorded": (OutboxFiles, "note", then_die(note)),
        "answered 250, not yet recorded": (outbox_module, "converse", then_die(smtp.converse)),
        "250 recorded": (OutboxFiles, "note", then_die(note, calls=2)),
        "moved to sent": (OutboxFiles, "close_sent", then_die(close_sent)),
    }[point]
    setattr(owner, name, deadly)


if __name__ == "__main__":
    folder, port, point = sys.argv[1:]
    arm(point)
    box = outbox(Path(folder), SmtpSettings("127.0.0.1", int(port), timeout_s=5.0))
    box.put(mail())
    box.flush(NOW)
