"""The shard service: holds the clusters of one shard, of the wanted version and of the one before."""

from pathlib import Path

from flask import Flask, Response, jsonify, request

from search.holder import Holder
from search.http.wire import WireError, answer_to_plain, question_from_plain
from search.index_files import clusters_of, open_part
from search.part import NotHeldError, Part

QUESTION_MAX_BYTES = 1_000_000


def part_of(number: int, folder: Path) -> Part:
    """Open what an index gives to a shard; raise `BrokenIndexError`."""
    return open_part(folder, clusters_of(folder, number))


def create_shard(holder: Holder[Part], number: int) -> Flask:
    """Build the service of a shard, the first is 0. Who runs it calls `holder.look` from time to time."""
    app = Flask("search.shard", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = QUESTION_MAX_BYTES

    @app.post("/search")
    def search() -> tuple[Response, int]:
        try:
            version, question = question_from_plain(request.get_json(silent=True))
            part = holder.use(version)
            if part is None:
                held = ", ".join(holder.held) or "none"
                return jsonify(detail=f"{version} is not held here, but {held}."), 409
            if question.vector.shape != part.vectors.shape[1:]:
                raise WireError(f"The vector must have {part.vectors.shape[1]} numbers.")
            return jsonify(answer_to_plain(*part.answer(question))), 200
        except NotHeldError as error:
            return jsonify(detail=str(error)), 409
        except WireError as error:
            return jsonify(detail=str(error)), 400

    @app.get("/status")
    def status() -> Response:
        versions = {version: list(part.spans) for version, part in holder.held.items()}
        return jsonify(shard=number, versions=versions, refused=list(holder.refused.values()))

    return app
