"""An index searched in one process, as shards and a gateway search it: for people, and to measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from search.embedding import Embedding
from search.finder import Asked, Found, merge, question_for, understand
from search.index_files import open_head, open_part
from search.index_format import Head
from search.part import Part


@dataclass(frozen=True)
class LocalSearch:
    head: Head
    parts: Sequence[Part]
    embedding: Embedding

    def find(self, text: str, count: int) -> list[Found]:
        """Return the best movies for a question; raise `QueryError` where nothing can be asked."""
        return self.understood(text, count)[1]

    def understood(self, text: str, count: int) -> tuple[Asked, list[Found]]:
        """Return how a question was understood, too."""
        asked = understand(self.head, self.embedding, text)
        answers = [part.answer(question_for(self.head, asked, part.spans)) for part in self.parts]
        return asked, merge(self.head, asked, answers, count)


def open_local(folder: Path, embedding: Embedding) -> LocalSearch:
    """Open all of an index; raise `BrokenIndexError`."""
    head = open_head(folder, embedding.name)
    return LocalSearch(head, [open_part(folder, clusters) for clusters in head.shards], embedding)
