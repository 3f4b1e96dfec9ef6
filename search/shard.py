"""The shard service: holds the clusters of one shard, of the wanted version and of the one before."""

import json
from functools import partial
from pathlib import Path

from flask import Flask, Response, jsonify, request

from search.holder import Holder
from search.http.door import EXTENSION, Door
from search.http.wire import CONTENT_TYPE, WireError, answer_to_bytes, question_from_bytes
from search.index_files import clusters_of, open_part
from search.part import NotHeldError, Part

QUESTION_MAX_BYTES = 1_000_000


def part_of(number: int, folder: Path) -> Part:
    """Open what an index gives to a shard; raise `BrokenIndexError`."""
    return open_part(folder, clusters_of(folder, number))


def answer(holder: Holder[Part], content: bytes) -> tuple[int, str, bytes]:
    """Return status, media type and body of what a shard says to a question as `search.http.wire` has it."""
    try:
        version, question = question_from_bytes(content)
        part = holder.use(version)
        if part is None:
            held = ", ".join(holder.held) or "none"
            return _refused(409, f"{version} is not held here, but {held}.")
        if question.vector.shape != part.vectors.shape[1:]:
            raise WireError(f"The vector must have {part.vectors.shape[1]} numbers.")
        return 200, CONTENT_TYPE, answer_to_bytes(*part.answer(question))
    except NotHeldError as error:
        return _refused(409, str(error))
    except WireError as error:
        return _refused(400, str(error))


def _refused(status: int, detail: str) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps({"detail": detail}).encode() + b"\n"


def create_shard(holder: Holder[Part], number: int) -> Flask:
    """Build the service of a shard, the first is 0. Who runs it calls `holder.look` from time to time."""
    app = Flask("search.shard", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = QUESTION_MAX_BYTES
    app.extensions[EXTENSION] = Door(partial(answer, holder))

    @app.post("/search")
    def search() -> Response:
        status, kind, content = answer(holder, request.get_data(cache=False))
        return Response(content, status, content_type=kind)

    @app.get("/status")
    def status() -> Response:
        versions = {version: list(part.spans) for version, part in holder.held.items()}
        return jsonify(shard=number, versions=versions, refused=list(holder.refused.values()))

    return app
