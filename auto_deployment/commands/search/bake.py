"""`search bake`: the index that an image carries, the published one or else one of the demo's catalogue."""

import argparse
import logging
import shutil
from pathlib import Path

from app.model_format import MANIFEST
from auto_deployment.commands.search.shared import told
from auto_deployment.config import Settings
from auto_deployment.errors import BadInputError
from auto_deployment.host.files import replace_link
from auto_deployment.params import Params, load_params
from search.build import build
from search.embedding import open_embedding
from search.index_files import publish, read_manifest
from search.local import open_local

log = logging.getLogger(__name__)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--published", type=Path, required=True, metavar="DIR", help="used if it is an index")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to be made")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Write the index below a folder with a link `current`; raise `SearchError` where it cannot be served."""
    if args.out.exists():
        raise BadInputError(f"{args.out} exists already: name a folder that does not.")
    with told():
        if (args.published / MANIFEST).exists():
            version = str(read_manifest(args.published)["version"])
            shutil.copytree(args.published, args.out / version)
        else:
            log.info("There is no index in %s: the image gets one of the demo's catalogue", args.published)
            version = _build_demo(args.out, load_params(settings.params_file))
        replace_link(args.out / "current", version)
        open_local(args.out / "current", open_embedding())
    log.info("The image gets index %s", version)
    return 0


def _build_demo(out: Path, params: Params) -> str:
    # The simulated platform and pandas are for this only.
    from auto_deployment.simulate.platform.platform import Platform
    from auto_deployment.training.index.movies import as_movies

    movies = as_movies(Platform.build(params.simulate).movies_frame())
    built = build(movies, open_embedding(), params.search)
    return str(publish(out, built.head, built.clusters)["version"])
