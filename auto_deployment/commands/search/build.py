"""`search build`: make an index of the catalogue of DATA_DIR and let it be the current one."""

import argparse
import sys

from auto_deployment.commands.search.shared import catalogue, told
from auto_deployment.config import Settings
from auto_deployment.host.files import replace_link
from auto_deployment.params import load_params
from auto_deployment.paths import Paths
from search.build import build
from search.embedding import open_embedding
from search.index_files import publish


def configure(parser: argparse.ArgumentParser) -> None:
    """Take no arguments: the catalogue is in DATA_DIR, how it is built in PARAMS_FILE."""


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Build and print what came of it; return 0."""
    paths, params = Paths(settings.data_dir), load_params(settings.params_file)
    with told():
        built = build(catalogue(settings), open_embedding(), params.search)
        manifest = publish(paths.indexes, built.head, built.clusters)
    replace_link(paths.current_index, manifest["version"])
    clusters = manifest["clusters"]
    recall = ", ".join(f"{share:.1%} for {kind}" for kind, share in clusters["recall_at_20"].items())
    size = sum(one["bytes"] for one in manifest["files"].values()) / 1e6
    sys.stdout.write(
        f"{manifest['version']}: {manifest['catalogue']['movies']:,} movies in {clusters['count']} "
        f"clusters of {len(built.head.shards)} shards, {size:.1f} MB.\n"
        f"Of the 20 nearest movies it finds {recall}.\n"
    )
    return 0
