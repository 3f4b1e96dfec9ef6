"""A process that is forked takes nothing over that its parent goes on using."""

import os
import weakref
from typing import Protocol


class Renewable(Protocol):
    def renew(self) -> None:
        """Begin anew, in a process that has just been forked."""


_alive: "weakref.WeakSet[Renewable]" = weakref.WeakSet()


def renew_in_children(one: Renewable) -> None:
    """Call `renew` in every process that is forked from now on, as long as the object lives."""
    _alive.add(one)


def _renew_all() -> None:
    for one in list(_alive):
        one.renew()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_renew_all)
