"""Where simulated lines go."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from auto_deployment.errors import BadInputError, MarqueeError


@contextmanager
def open_output(name: str) -> Iterator[BinaryIO]:
    """Open a file, or standard output for `-`; say in one sentence what is wrong with it.

    A reader of standard output that goes away, as `head` does, ends the block without an error.
    """
    try:
        if name == "-":
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
            return
        with open(name, "wb") as file:
            yield file
    except BrokenPipeError:
        # Python flushes standard output once more when it ends, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        kind = BadInputError if error.filename else MarqueeError
        raise kind(f"{name} cannot be written ({error.strerror}): use another --out or make room.") from error
