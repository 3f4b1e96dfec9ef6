"""Every event that the stream can carry."""

import string
from datetime import timedelta

from hypothesis import strategies as st

from auto_deployment.dataset.events import AccountCreated, Event, Rating, Recommendation, Watch
from auto_deployment.dataset.valid import EARLIEST

MOVIE_ID_CHARACTERS = string.ascii_lowercase + string.digits + "+._-*'~"
FOREIGN_CHARACTERS = MOVIE_ID_CHARACTERS + "éñßøю映&!%/?=#$"

times = st.timedeltas(timedelta(0), timedelta(days=76_000)).map(lambda since: EARLIEST + since)
user_ids = st.integers(1, 1_000_000)
movie_ids = st.text(MOVIE_ID_CHARACTERS, min_size=1, max_size=60)
foreign_ids = st.text(FOREIGN_CHARACTERS, min_size=1, max_size=40)
listed_ids = st.tuples(movie_ids, movie_ids).map("+".join)
servers = st.builds("{}:{}".format, st.text(string.ascii_letters + ".-", min_size=1), st.integers(0, 65535))
latencies_ms = st.integers(0, 999_999_999)
printable = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=80)
error_texts = st.one_of(
    printable.map("java.Exception: {}".format),
    printable.map("<html>\n<p>{}\n</html>".format),
)

watches = st.builds(Watch, times, user_ids, movie_ids, st.integers(0, 99_999))
lists = st.builds(
    Recommendation,
    times,
    user_ids,
    servers,
    st.sampled_from([0, 100, 200, 404, 500, 999]),
    st.lists(listed_ids, max_size=25).map(tuple),
    st.none(),
    latencies_ms,
)
failures = st.builds(
    Recommendation,
    times,
    user_ids,
    servers,
    st.sampled_from([0, 404, 500, 503]),
    st.just(()),
    error_texts,
    latencies_ms,
)
odd_answers = st.builds(
    Recommendation,
    times,
    user_ids,
    servers,
    st.just(200),
    st.just(()),
    printable.map("<html>\n<p>{}\n</html>".format),
    latencies_ms,
)
accounts = st.builds(AccountCreated, times, user_ids)


def ratings(low: int = 1, high: int = 5) -> st.SearchStrategy[Rating]:
    """Give ratings in tenths within the scale."""
    tenths = st.integers(low * 10, high * 10)
    return st.builds(Rating, times, user_ids, foreign_ids, tenths.map(lambda n: n / 10))


events: st.SearchStrategy[Event] = st.one_of(watches, ratings(), lists, failures, odd_answers, accounts)
