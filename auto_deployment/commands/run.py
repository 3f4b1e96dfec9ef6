"""`run`: serve with plain processes until somebody presses Ctrl-C."""

import argparse
import logging
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import numpy as np

from app.recommender import Recommender
from auto_deployment.config import Settings
from auto_deployment.config.addresses import LocalAddresses
from auto_deployment.errors import MarqueeError
from auto_deployment.host.locks import only_run
from auto_deployment.host.processes import end_leftovers
from auto_deployment.host.revision import code_revision
from auto_deployment.host.signals import StopRequests, until_stopped
from auto_deployment.local.console import start_console
from auto_deployment.local.demo import let_instances_follow, prepare_demo
from auto_deployment.local.nginx import find_nginx
from auto_deployment.local.platform import start_platform
from auto_deployment.local.releases.controller import LocalReleases
from auto_deployment.local.releases.models import ModelStore
from auto_deployment.local.screen import Screen, logging_to
from auto_deployment.local.session import Session
from auto_deployment.local.tcp_ports import check_free
from auto_deployment.local.watch import look_after
from auto_deployment.params import load_params
from auto_deployment.paths import PROJECT, Paths, RunLayout

log = logging.getLogger(__name__)

DEMO = "demo"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--demo",
        action="store_true",
        help="make data and a first model when there are none (a DATA_DIR named demo implies it)",
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Prepare, start, look after and stop; return 0 when a person ended it."""
    params = load_params(settings.params_file)
    paths, layout = Paths(settings.data_dir), RunLayout.below(Paths(settings.data_dir).run)
    screen = Screen(sys.stdout)
    with only_run(layout.lock):
        layout.create()
        if ended := end_leftovers(layout.processes):
            log.warning("Ended what an earlier run had left: %d of its programs", ended)
        find_nginx()
        check_free(settings.local, settings.console)
        demo = args.demo or settings.data_dir.name == DEMO
        if demo:
            prepare_demo(settings, params)
            let_instances_follow(layout)
        _require_model(paths)
        revision = code_revision(PROJECT, settings.code_revision).short
        with until_stopped() as requests, logging_to(screen):
            models = ModelStore(paths, revision)
            session = Session(
                layout, settings.local, params.traffic, paths.current_model, revision, requests, models
            )
            session.also = LocalReleases(settings, params, layout, models, session).step
            asks_per_s = params.simulate.lists.local_asks_per_s if demo else 0.0
            _serve(session, screen, requests, settings, asks_per_s)
    return 0


def _serve(
    session: Session, screen: Screen, requests: StopRequests, settings: Settings, asks_per_s: float
) -> None:
    log.debug("Settings: %s", settings.local)
    try:
        screen.status("Starting two stable instances, a canary and NGINX ...")
        recommender = session.start()
        if not requests.is_set():
            layout = RunLayout.below(Paths(settings.data_dir).run)
            console = start_console(session.supervisor, layout, settings.console)
            for line in greeting(recommender, settings.local, settings.data_dir, console):
                screen.line(line)
            start_platform(session.supervisor, layout, settings.local, asks_per_s)
        look_after(session, screen, requests)
    finally:
        screen.end_status()
        screen.line("Stopping ...")
        session.stop()
    screen.line("Stopped.")


def greeting(
    recommender: Recommender, addresses: LocalAddresses, data_dir: Path, pages: Sequence[str] = ()
) -> list[str]:
    """Return what to try: the pages first, then for programs a known user, an unknown one, JSON, a filter."""
    model = recommender.model
    events, ids = model.arrays["user_events"], model.arrays["user_ids"]
    personal = ids[np.flatnonzero(events >= model.manifest["scalars"]["min_events"])]
    known = 42 if 42 in personal or not len(personal) else int(personal[0])
    unknown = 999_999_999
    movie = quote(recommender.movie_ids[int(model.arrays["popular_order"][0])], safe="+")
    genre = quote(model.movies.genres[0], safe="")
    here = f"localhost:{addresses.port}"
    tries = [
        (f"{here}/recommend/{known}", "a known user"),
        (f"{here}/recommend/{unknown}", "an unknown one: popular titles"),
        (f"-i -H 'Accept: application/json' {here}/recommend/{known}", "the same with scores"),
        (shlex.quote(f"{here}/recommend/{known}?n=5&genre={genre}"), "five of one genre"),
        (shlex.quote(f"{here}/similar/{movie}"), "similar movies"),
    ]
    width = max(len(words) for words, _ in tries)
    return [
        "",
        f"Open http://{here}/?user={known}: a list with its reasons, as a page.",
        *pages,
        f"Marquee serves model {model.version} from {data_dir}; programs ask so:",
        "",
        *(f"  curl {words:<{width}}   # {meaning}" for words, meaning in tries),
        "",
        f"Logs are in {data_dir}/run/logs. Ctrl-C stops everything.",
        "",
    ]


def _require_model(paths: Paths) -> None:
    if not (paths.current_model / "manifest.json").exists():
        raise MarqueeError(
            f"There is no model in {paths.models}: run the commands `import` and `train` first, "
            "or `run --demo` for made-up data."
        )
