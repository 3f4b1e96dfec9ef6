"""The files that NGINX answers with when no instance does."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from app.model_format import LABEL
from auto_deployment.errors import MarqueeError
from auto_deployment.host.files import replace_link, replace_text

LENGTH = 20
TRACK = SOURCE = "static"


class NoListError(MarqueeError):
    """An instance does not give the list of its popular titles."""


@dataclass(frozen=True, slots=True)
class Popular:
    """The popular titles of one release, best first, in the form of `app.answers`."""

    model_version: str
    release: str
    items: tuple[Mapping[str, Any], ...]

    @property
    def text(self) -> str:
        return ",".join(str(item["movie_id"]) for item in self.items)

    @property
    def document(self) -> str:
        """Return the JSON form, without a user: it is the same for everybody."""
        labels = {
            "model_version": self.model_version,
            "release": self.release,
            "track": TRACK,
            "source": SOURCE,
        }
        return json.dumps({"items": self.items, **labels}, ensure_ascii=False)


def write(popular: Popular, folder: Path) -> bool:
    """Make this the list that NGINX answers with; return whether another one was.

    The files are in `<model version>/<release id>`: NGINX takes the headers from these names, so that one
    swapped link changes list and headers together.
    """
    name = f"{popular.model_version}/{popular.release}"
    target, link = folder / name, folder / "current"
    if link.is_symlink() and str(link.readlink()) == name and (target / "popular.json").is_file():
        return False
    target.mkdir(parents=True, exist_ok=True)
    replace_text(target / "popular.txt", popular.text)
    replace_text(target / "popular.json", popular.document)
    replace_link(link, name)
    for other in folder.iterdir():
        if other.is_dir() and not other.is_symlink() and other.name != popular.model_version:
            shutil.rmtree(other)
    return True


def ask(address: str, timeout_s: float = 2.0) -> Popular:
    """Ask an instance (`host:port`) for its popular titles; raise `NoListError` saying what is wrong."""
    connection = HTTPConnection(address, timeout=timeout_s)
    try:
        connection.request("GET", f"/popular?n={LENGTH}", headers={"Accept": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise NoListError(f"{address} answers {answer.status} to /popular.")
        return _read(json.loads(body), address)
    except (OSError, HTTPException, ValueError) as error:
        raise NoListError(f"{address} does not answer with a list ({error}).") from error
    finally:
        connection.close()


def ask_any(addresses: Sequence[str]) -> Popular:
    """Return the list of the first instance that gives one; raise the last one's `NoListError`."""
    for address in addresses[:-1]:
        try:
            return ask(address)
        except NoListError:
            continue
    return ask(addresses[-1])


def _read(document: Any, address: str) -> Popular:
    try:
        items = tuple(dict(item) for item in document["items"])
        popular = Popular(document["model_version"], document["release"], items)
        complete = len({str(item["movie_id"]) for item in items}) == len(items) > 0
    except (KeyError, TypeError, ValueError) as error:
        raise NoListError(f"{address} answers something else than a list ({error!r}).") from error
    # Both become names of folders.
    if not complete or not LABEL.fullmatch(popular.model_version) or not LABEL.fullmatch(popular.release):
        raise NoListError(f"{address} answers a list that cannot be used.")
    return popular
