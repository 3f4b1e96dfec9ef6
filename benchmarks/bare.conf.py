"""The service's Gunicorn settings, without the hooks that need the service."""

import runpy
from pathlib import Path

globals().update(runpy.run_path(str(Path(__file__).parents[1] / "app" / "gunicorn.conf.py")))
for hook in ("post_worker_init", "worker_exit"):
    del globals()[hook]
