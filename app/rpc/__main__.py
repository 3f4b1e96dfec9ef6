"""`python -m app.rpc`: the settings and the model of the environment, then the processes that answer."""

import gc
import logging
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

# Before numpy is imported: each worker's own pool of threads would fight the others for the same cores.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

from app.config import Settings, SettingsError
from app.model_format import ArtifactError

TEMPORARY = "marquee-rpc-"
CONNECTIONS = 65_536
MISSING = "gRPC is not installed here: pip install --require-hashes -r app/rpc/requirements.txt\n"


def main() -> int:
    """Return the exit status: 2 for what a person has to set right."""
    temporary: list[str] = []
    try:
        settings = _prepare(Settings.from_env(), temporary)
        return _serve(settings)
    except (SettingsError, ArtifactError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    finally:
        for folder in temporary:
            shutil.rmtree(folder, ignore_errors=True)


def _prepare(settings: Settings, temporary: list[str]) -> Settings:
    """Make the folders where processes meet; the metrics library looks for its one when it is imported."""

    def made(name: str) -> str:
        temporary.append(tempfile.mkdtemp(prefix=f"{TEMPORARY}{name}-"))
        return temporary[-1]

    metrics_dir = settings.metrics_dir or Path(made("metrics"))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics_dir)
    metrics_dir.mkdir(parents=True, exist_ok=True)
    for left_behind in metrics_dir.glob("*.db"):
        left_behind.unlink()
    if settings.follows and settings.recent_dir is None:
        os.environ["RECENT_DIR"] = made("recent")
    elif settings.recent_dir is not None:
        # A store of a run before is read only once it was looked through again.
        (settings.recent_dir / "checked").unlink(missing_ok=True)
    return Settings.from_env()


def _serve(settings: Settings) -> int:
    if find_spec("grpc") is None:
        sys.stderr.write(MISSING)
        return 2
    from prometheus_client.multiprocess import mark_process_dead

    from app.rpc import page, worker
    from app.rpc.parts import build
    from app.rpc.port import BusyPortError, address_of, reserve
    from app.rpc.supervisor import Place, Supervisor
    from app.rpc.tls import CertificateError, certificate_of

    logging.basicConfig(
        level=settings.log_level,
        format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    log = logging.getLogger(__name__)
    log.info("Settings: %s", settings)
    try:
        certificate = certificate_of(settings)
        held = [reserve(settings), page.listen(settings)]
    except (BusyPortError, CertificateError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    _allow_connections()
    parts = build(settings)
    places = [Place(f"worker {one}", partial(worker.run, parts)) for one in range(1, settings.workers + 1)]
    places.append(Place("metrics", partial(page.run, parts, held[1])))
    way = "gRPC" if certificate is None else "gRPC with TLS"
    log.info("Answering %s on %s, metrics on port %d", way, address_of(settings), settings.rpc_metrics_port)
    gc.collect()
    gc.freeze()  # looking at objects would copy the pages they are on
    look, stop = _follower(settings)
    try:
        return Supervisor(places, mark_process_dead, look, settings.rpc_drain_s + worker.GRACE_S).run()
    finally:
        stop()


def _allow_connections() -> None:
    """Take as many open files as are allowed: a connection is one, and many systems begin with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, CONNECTIONS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def _follower(settings: Settings) -> tuple[Callable[[], object], Callable[[], object]]:
    """Return what sees to it that one process of this instance follows what users do, and what ends it."""
    if not settings.follows or settings.recent_dir is None:
        return (lambda: None), (lambda: None)
    from app.recent.keeper import FollowerKeeper
    from app.recent.options import options_of

    keeper = FollowerKeeper(options_of(settings))
    return keeper.look, keeper.stop


if __name__ == "__main__":
    sys.exit(main())
