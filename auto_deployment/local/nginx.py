"""NGINX as a plain process: written configuration, start, reload, and log reopening."""

import os
import shutil
import signal
import subprocess

from auto_deployment.edge.nginx_config import Place, TrafficError, render, variables
from auto_deployment.host.files import replace_text
from auto_deployment.local.processes import Program
from auto_deployment.local.tcp_ports import answers
from auto_deployment.params import TrafficParams
from auto_deployment.paths import LOCAL_CONF, TEMPLATE, RunLayout


def find_nginx() -> str:
    """Return the program's path; raise `TrafficError` saying how to install it."""
    found = shutil.which("nginx", path=_search_path())
    if found is None:
        raise TrafficError("NGINX is missing: run scripts/install-package.sh nginx nginx (as root).")
    return found


class NginxFiles:
    """The configuration below `DATA_DIR/run`; every write is checked by NGINX itself before it counts."""

    def __init__(self, layout: RunLayout, host: str, port: int, status_port: int) -> None:
        self._layout, self._host, self._port = layout, host, port
        self.place = Place(
            listen=f"{host}:{port}",
            status_listen=f"127.0.0.1:{status_port}",
            run_dir=str(layout.root),
            upstream_dir=str(layout.nginx),
            log_dir=str(layout.logs),
            static_dir=str(layout.static),
        )

    def write(self, traffic: TrafficParams, upstream: str) -> None:
        """Write all files and let NGINX check them; raise `TrafficError` with what it says."""
        values = variables(self.place, traffic)
        replace_text(self._layout.upstream_conf, upstream)
        replace_text(self._layout.marquee_conf, render(TEMPLATE.read_text("utf-8"), values))
        replace_text(self._layout.nginx_conf, render(LOCAL_CONF.read_text("utf-8"), values))
        self.check()

    def check(self) -> None:
        result = subprocess.run(
            [*self._command(), "-t"], capture_output=True, text=True, check=False, env=_environ()
        )
        if result.returncode != 0:
            raise TrafficError(f"NGINX refuses its configuration: {_first_line(result.stderr)}")

    def answers(self) -> bool:
        """Return whether the NGINX that was started from these files serves."""
        return answers("127.0.0.1" if self._host == "0.0.0.0" else self._host, self._port, "/nginx-health")

    def program(self) -> Program:
        return Program(
            name="nginx",
            command=self._command("daemon off;"),
            log=self._layout.log("nginx"),
            environ=_environ(),
            graceful=signal.SIGQUIT,
        )

    def _command(self, *directives: str) -> list[str]:
        if os.geteuid() == 0:
            # Root's data may lie where no other account gets in; an ordinary user's workers are that user's.
            directives = (*directives, "user root;")
        words = [find_nginx(), "-e", str(self._layout.nginx_error_log)]
        words += ["-p", str(self._layout.root), "-c", str(self._layout.nginx_conf)]
        return [*words, "-g", " ".join(directives)] if directives else words


def _search_path() -> str:
    # Debian keeps NGINX where an ordinary user's PATH does not look.
    return os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"))


def _environ() -> dict[str, str]:
    return {"PATH": _search_path(), "TZ": "UTC"}


def _first_line(text: str) -> str:
    lines = [line for line in text.splitlines() if "[emerg]" in line] or text.splitlines()
    return lines[0] if lines else "it gives no reason."
