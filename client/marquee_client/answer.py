"""What a caller gets."""

from dataclasses import dataclass

FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class Answer:
    """A list of movies, best first, and where it comes from."""

    ids: tuple[str, ...]
    source: (
        str  # personal, popular, static (the service's edge had nobody to ask), or fallback: the caller's own
    )
    model_version: str = ""  # empty in a fallback, as the two below
    release: str = ""
    track: str = ""  # stable, canary or static
    reason: str = ""  # why it is a fallback

    @property
    def is_fallback(self) -> bool:
        return self.source == FALLBACK
