"""How Gunicorn runs the service: `gunicorn --config app/gunicorn.conf.py`, where the folder `app` is."""

import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

# Before numpy is imported: each worker's own pool of threads would fight the others for the same cores.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

from app.config import MAX_REQUEST_LINE, Settings, SettingsError, address

TEMPORARY = "marquee-metrics-"
TEMPORARY_RECENT = "marquee-recent-"

try:
    settings = Settings.from_env()
except SettingsError as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(2)

metrics_dir = settings.metrics_dir or Path(tempfile.mkdtemp(prefix=TEMPORARY))
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics_dir)
if "prometheus_client" not in sys.modules:  # SIGHUP reads this file again and must lose no counts
    metrics_dir.mkdir(parents=True, exist_ok=True)
    for left_behind in metrics_dir.glob("*.db"):
        left_behind.unlink()
    if settings.follows and settings.recent_dir is None:
        os.environ["RECENT_DIR"] = tempfile.mkdtemp(prefix=TEMPORARY_RECENT)
    elif settings.recent_dir is not None:
        # A store of a run before is read only once it was looked through again.
        (settings.recent_dir / "checked").unlink(missing_ok=True)

wsgi_app = "app.wsgi:application()"
bind = address(settings.host, settings.port)
workers = settings.workers
# Threads (gthread), not one request at a time (sync): a scrape of /metrics (20 ms), a computed list or a
# connection that says nothing holds up one thread instead of a worker, and connections can be kept alive.
# CPU a request, alternating slices on one machine: directly 664 us sync, 747 gthread; through NGINX without
# kept-alive connections 850 and 816, with them 688 and 712. So the price is small and hidden by NGINX.
# Two of them: under full load threads wait for one another (379 us a request with one, 443 with two, 495 with
# four), and one free thread is enough while the other is held up.
threads = settings.threads
worker_class = "app.worker.Worker"
# One model in memory for all: halves what each worker has for itself, and a bad model ends the start.
preload_app = True
# Its default place is the home directory, which several instances would share and a container cannot write.
control_socket_disable = True
# Headers that would rename the request's path; only a proxy in front of several applications needs them.
forwarder_headers = ""
# Heartbeats are written to a file: not to a disk that may stall.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
limit_request_line = MAX_REQUEST_LINE
keepalive = 75  # longer than any proxy or scraper keeps a connection, so that it is not us who close it
timeout = 30
graceful_timeout = 10  # answers take milliseconds; this is for clients who read slowly
loglevel = settings.log_level.lower()


def when_ready(server: Any) -> None:
    """Keep what is loaded out of garbage collection: looking at objects would copy the pages they are on."""
    gc.collect()
    gc.freeze()


def post_worker_init(worker: Any) -> None:
    """Start what a fork does not inherit."""
    from app import background
    from app.factory import instance_of

    instance = instance_of(worker.wsgi)
    instance.metrics.show_models(model.slot for model in instance.models)
    background.start(instance)
    _follow(worker, instance.settings)


def _follow(worker: Any, settings: Settings) -> None:
    """See to it that one process of this instance follows what users do."""
    if not settings.follows or settings.recent_dir is None:
        return
    from app import background
    from app.recent.keeper import FollowerKeeper
    from app.recent.options import options_of

    worker.follower = FollowerKeeper(options_of(settings))
    background.start_one("follower", worker.follower.look, background.RECENT_S)


def worker_exit(server: Any, worker: Any) -> None:
    """Write down what the worker counted and showed in its last second."""
    from app.factory import instance_of

    if worker.wsgi is None:
        return
    instance = instance_of(worker.wsgi)
    if instance.impressions is not None:
        instance.impressions.write()
    instance.metrics.flush()
    if hasattr(worker, "follower"):
        worker.follower.stop()


def child_exit(server: Any, worker: Any) -> None:
    """Take an ended worker out of the series of those who live; its counts stay in the sums."""
    from prometheus_flask_exporter.multiprocess import GunicornPrometheusMetrics

    GunicornPrometheusMetrics.mark_process_dead_on_child_exit(worker.pid)


def on_exit(server: Any) -> None:
    if metrics_dir.name.startswith(TEMPORARY):
        shutil.rmtree(metrics_dir, ignore_errors=True)
    recent_dir = Path(os.environ.get("RECENT_DIR", ""))
    if recent_dir.name.startswith(TEMPORARY_RECENT):
        shutil.rmtree(recent_dir, ignore_errors=True)
