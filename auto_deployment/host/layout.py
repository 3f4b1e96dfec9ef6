"""Folders whose files have names: a class for each, an attribute for each file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths below one folder; nothing is created by looking at them."""

    root: Path

    @classmethod
    def below(cls, folder: Path) -> Self:
        """Return absolute paths: git, DVC and NGINX take relative ones from folders of their own."""
        return cls(folder.resolve())


class Below:
    """The path of one thing, as an attribute of a layout."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def __get__(self, layout: Layout, owner: type[Layout]) -> Path:
        return layout.root.joinpath(*self._names)
