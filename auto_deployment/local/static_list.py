"""The list that NGINX answers with when no instance does: the serving model's popular titles, as files."""

import json
import shutil
from pathlib import Path

from app.recommender import Recommender
from auto_deployment.local.files import replace_link, replace_text

LENGTH = 20
TRACK = SOURCE = "static"


def publish(recommender: Recommender, release: str, folder: Path) -> None:
    """Write the list of a model and point NGINX at it.

    The files are in `<model version>/<release id>`: NGINX takes the headers from these names, so that one
    swapped link changes list and headers together.
    """
    version = recommender.model.version
    target = folder / version / release
    target.mkdir(parents=True, exist_ok=True)
    ids, document = _contents(recommender, release)
    replace_text(target / "popular.txt", ids)
    replace_text(target / "popular.json", document)
    replace_link(folder / "current", f"{version}/{release}")
    for other in folder.iterdir():
        if other.is_dir() and not other.is_symlink() and other.name != version:
            shutil.rmtree(other)


def _contents(recommender: Recommender, release: str) -> tuple[str, str]:
    """Return the list in the two forms of `app.answers`, without the user: it is the same for everybody."""
    movies = recommender.model.movies
    rows = recommender.popular(LENGTH).rows
    scores = recommender.score_rows(None, rows)
    items = [
        {"movie_id": movies.ids[row], "title": movies.titles[row], "score": score}
        for row, score in zip(rows, scores, strict=True)
    ]
    labels = {
        "model_version": recommender.model.version,
        "release": release,
        "track": TRACK,
        "source": SOURCE,
    }
    document = json.dumps({"items": items, **labels}, ensure_ascii=False)
    return ",".join(movies.ids[row] for row in rows), document
