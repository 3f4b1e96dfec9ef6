"""The user tables of MovieLens: age (in the 1M set the first year of a band), gender and occupation."""

from typing import NamedTuple

import pandas as pd

from auto_deployment.dataset.events import Reason
from auto_deployment.ingest.importing.rows import UnusableRowError, read_user
from auto_deployment.ingest.importing.sniff import Family
from auto_deployment.ingest.importing.text_fields import Lines, Refuse, read_rows

AGE, GENDER, OCCUPATION = "age", "gender", "occupation"
_MOST_YEARS = 130
_OCCUPATIONS_1M = (
    *("other", "academic/educator", "artist", "clerical/admin", "college/grad student", "customer service"),
    *("doctor/health care", "executive/managerial", "farmer", "homemaker", "K-12 student", "lawyer"),
    *("programmer", "retired", "sales/marketing", "scientist", "self-employed", "technician/engineer"),
    *("tradesman/craftsman", "unemployed", "writer"),
)


class _User(NamedTuple):
    user_id: int
    age: int
    gender: str
    occupation: str


def read_user_table(family: Family, lines: Lines, refuse: Refuse) -> pd.DataFrame:
    """Read all users; `refuse` is told of each row that cannot be taken."""
    rows = read_rows(lines, _read_1m if family is Family.MOVIELENS_1M else _read_100k, refuse)
    return pd.DataFrame(list(rows.values()), columns=list(_User._fields))


def _read_100k(fields: list[str]) -> tuple[str, _User]:
    if len(fields) != 5:
        raise UnusableRowError(Reason.FIELDS)
    user_id, age, gender, occupation, _ = fields
    return _read_user(user_id, age, gender, occupation)


def _read_1m(fields: list[str]) -> tuple[str, _User]:
    if len(fields) != 5:
        raise UnusableRowError(Reason.FIELDS)
    user_id, gender, age, code, _ = fields
    if not (code.isascii() and code.isdigit() and len(code) < 3 and int(code) < len(_OCCUPATIONS_1M)):
        raise UnusableRowError(OCCUPATION)
    return _read_user(user_id, age, gender, _OCCUPATIONS_1M[int(code)])


def _read_user(user: str, age: str, gender: str, occupation: str) -> tuple[str, _User]:
    user_id = read_user(user.encode())
    if not (age.isascii() and age.isdigit() and len(age) < 4 and 0 < int(age) <= _MOST_YEARS):
        raise UnusableRowError(AGE)
    if gender not in ("F", "M"):
        raise UnusableRowError(GENDER)
    if not occupation:
        raise UnusableRowError(OCCUPATION)
    return str(user_id), _User(user_id, int(age), gender, occupation)
