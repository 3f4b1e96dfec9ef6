"""Instances that only say which track they are, as fast as NGINX itself can: for tests with many users."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from auto_deployment.local.nginx import find_nginx
from auto_deployment.local.processes import Child, Program
from auto_deployment.local.tcp_ports import answers
from tests.support.ports import free_ports
from tests.support.waiting import eventually

CONF = """
daemon off;
pid {folder}/quick.pid;
error_log {folder}/quick-error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    {servers}
}}
"""
SERVER = 'server {{ listen 127.0.0.1:{port}; add_header X-Release-Track {track}; return 200 "a,b,c"; }}\n'


@contextmanager
def quick_instances(folder: Path, tracks: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Start one listener for each name; yield name -> address."""
    ports = dict(zip(tracks, free_ports(len(tracks)), strict=True))
    servers = "".join(SERVER.format(port=ports[name], track=track) for name, track in tracks.items())
    conf = folder / "quick.conf"
    conf.write_text(CONF.format(folder=folder, servers=servers), "utf-8")
    command = [find_nginx(), "-e", str(folder / "quick-error.log"), "-c", str(conf)]
    process = Child(Program("quick", command, folder / "quick.log"))
    try:
        eventually(lambda: all(answers("127.0.0.1", port, "/") for port in ports.values()))
        yield {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    finally:
        process.ask_to_stop()
        assert process.wait(10)
