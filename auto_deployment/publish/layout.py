"""Where the cycle keeps its own things, below `DATA_DIR/cycle`."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CycleLayout:
    """Absolute paths, as git and DVC run in a folder of their own."""

    root: Path

    @classmethod
    def below(cls, cycle: Path) -> "CycleLayout":
        return cls(cycle.resolve())

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def children(self) -> Path:
        """Process groups of the programs that run now."""
        return self.root / "children"

    @property
    def clone(self) -> Path:
        return self.root / "clone"

    @property
    def git_remote(self) -> Path:
        """The bare repository that stands in for a remote where none is set."""
        return self.root / "remote.git"

    @property
    def dvc_cache(self) -> Path:
        """Outside of the clone, which may be made anew at any time."""
        return self.root / "dvc-cache"

    @property
    def dvc_remote(self) -> Path:
        return self.root / "dvc-remote"

    @property
    def askpass(self) -> Path:
        return self.root / "askpass"

    @property
    def intended(self) -> Path:
        """What will have happened once the push is through; a cycle killed behind it says so next time."""
        return self.root / "intended.json"

    @property
    def last(self) -> Path:
        """How the last cycle ended."""
        return self.root / "last.json"

    @property
    def last_published(self) -> Path:
        """How the last cycle ended that published something."""
        return self.root / "last-published.json"

    @property
    def schedule(self) -> Path:
        return self.root / "schedule.json"
