"""`python -m search shard|gateway`: one process of a search, until SIGTERM."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

# Before numpy is imported: processes on one host would fight for its cores, as would threads of a tokenizer.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from search.embedding import EmbeddingError, open_embedding
from search.gateway import Gateway, create_gateway
from search.holder import Holder
from search.http.ring import Ring
from search.http.server import Made, Server
from search.index_files import open_head
from search.metrics.gateway import measure_gateway
from search.metrics.shard import measure_shard
from search.personal.order import Orders
from search.personal.recommender import Recommender
from search.shard import create_shard, part_of


def make_shard(args: argparse.Namespace) -> Made:
    holder = Holder(args.indexes, partial(part_of, args.number), args.follow)
    app = create_shard(holder, args.number)
    measure_shard(app, holder)
    return app, holder.look


def make_gateway(args: argparse.Namespace) -> Made:
    embedding = open_embedding()
    holder = Holder(args.indexes, partial(open_head, embedding=embedding.name), args.follow)
    gateway = Gateway(holder, Ring(args.shards.split(","), args.deadline_ms / 1000), embedding)
    app = create_gateway(gateway, orders_of(args))
    measure_gateway(app, gateway, holder)
    return app, gateway.look


def orders_of(args: argparse.Namespace) -> Orders:
    """Return what orders for users, by the recommender that is named; for nobody where none is."""
    addresses = [one for one in args.recommender.split(",") if one]
    return Orders(Recommender(addresses, args.recommender_ms / 1000) if addresses else None)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop."""
    args = parser().parse_args(argv)
    logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # Gunicorn would read the command line, too.
    sys.argv = sys.argv[:1]
    try:
        settings = {"bind": f"{args.host}:{args.port}", "threads": args.threads}
        Server(partial(args.make, args), args.every_s, settings).run()
    except EmbeddingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="python -m search", description=__doc__)
    roles = found.add_subparsers(required=True, metavar="ROLE")
    shard = roles.add_parser("shard", help="hold the vectors of one shard")
    shard.add_argument("--number", type=int, required=True, help="which one, the first is 0")
    shard.set_defaults(make=make_shard)
    gateway = roles.add_parser("gateway", help="answer questions with what shards find")
    gateway.add_argument(
        "--shards", required=True,
        help="HOST:PORT of each shard and replica, with commas; a name of several hosts means all",
    )  # fmt: skip
    gateway.add_argument("--deadline-ms", type=int, default=100, help="for all shards (default: 100)")
    recommender = "HOST:PORT of its instances, with commas, for orders of users (default: none)"
    gateway.add_argument("--recommender", default="", help=recommender)
    own = "for the recommender, of the time of a question (default: 50)"
    gateway.add_argument("--recommender-ms", type=int, default=50, help=own)
    gateway.set_defaults(make=make_gateway)
    for role, port in ((shard, 8090), (gateway, 8086)):
        _common(role, port)
    return found


def _common(role: Any, port: int) -> None:
    role.add_argument("--indexes", type=Path, required=True, help="folder with the link `current`")
    role.add_argument("--follow", type=Path, help="a link to what is wanted instead, where there is one")
    role.add_argument("--host", default="127.0.0.1")
    role.add_argument("--port", type=int, default=port)
    role.add_argument("--threads", type=int, default=8)
    role.add_argument("--every-s", type=float, default=0.5, help="between two looks at what is wanted")


if __name__ == "__main__":
    sys.exit(main())
