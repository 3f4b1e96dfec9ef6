"""The search finds a user in whatever form a file has, or it would prove nothing."""

import gzip
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.people.conftest import ANN
from tests.support.find_user import files_with
from tests.support.git import git

Write = Callable[[Path, int], object]


def mail(path: Path, user: int) -> None:
    message = EmailMessage()
    message.set_content(f"the list of user {user}", cte="base64")
    path.with_suffix(".eml").write_bytes(bytes(message))


def table(path: Path, column: pa.Array) -> None:
    pq.write_table(pa.table({"column": column}), path, compression="zstd", write_statistics=False)


FORMS: dict[str, Write] = {
    "text": lambda path, user: path.write_text(f'{{"user":"{user}"}}'),
    "npy": lambda path, user: np.save(path.with_suffix(".npy"), np.array([1, user], np.int32)),
    "npy of floats": lambda path, user: np.save(path.with_suffix(".npy"), np.array([1, user], np.float32)),
    "memory": lambda path, user: path.write_bytes(np.array([1, user], np.int64).tobytes()),
    "gzip": lambda path, user: path.write_bytes(gzip.compress(f"user {user}".encode())),
    "mail": mail,
    "column": lambda path, user: table(path, pa.array([1, user], pa.int64())),
    "column of text": lambda path, user: table(path, pa.array([f"a {user}"]).dictionary_encode()),
    "column of lists": lambda path, user: table(path, pa.array([[{"of": user}]])),
    "column of floats": lambda path, user: table(path, pa.array([1.0, user])),
}


@pytest.mark.parametrize("form", FORMS)
def test_it_finds_the_number_in_each_form_and_no_longer_number(tmp_path: Path, form: str) -> None:
    FORMS[form](tmp_path / "file", ANN)
    assert len(files_with(tmp_path, ANN)) == 1
    assert files_with(tmp_path, ANN - 1) == set()
    assert files_with(tmp_path, int(f"{ANN}1")) == set()


def test_it_finds_the_number_in_what_git_keeps(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "repository")
    repository = tmp_path / "repository"
    (repository / "file").write_text(f"user {ANN}", "utf-8")
    git(repository, "add", "file")
    git(repository, "commit", "--quiet", "--message", "one")
    (repository / "file").unlink()
    (loose,) = files_with(tmp_path, ANN)
    assert loose.startswith("repository/.git/objects/")
    git(repository, "gc", "--quiet")
    (packed,) = files_with(tmp_path, ANN)
    assert packed.endswith(".pack")
