"""What counts of a text: its letters and digits, without case, accents and markup."""

import unicodedata

QUERY_MAX = 500  # letters; what is longer is no question for a title


class QueryError(ValueError):
    """A question that nothing can be searched for. The message is one sentence that says what to do."""


def words_of(text: str) -> list[str]:
    """Return the words of a text as they are compared: lower case, `é` as `e`, other signs as gaps."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(one if one.isalnum() else " " for one in decomposed if not unicodedata.combining(one))
    return kept.split()


def checked_query(text: str) -> str:
    """Return a question as it is searched for; raise `QueryError` where it has no word, or is too long."""
    if len(text) > QUERY_MAX:
        raise QueryError(f"The question has {len(text):,} letters: ask with at most {QUERY_MAX}.")
    words = words_of(text)
    if not words:
        raise QueryError("There is no word in the question: ask for a title, a genre or a year.")
    return " ".join(words)
