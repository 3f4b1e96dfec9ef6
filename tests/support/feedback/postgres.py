"""A PostgreSQL server for tests: the image that Compose names, on a port of its own."""

import uuid
from collections.abc import Mapping
from typing import Any

import psycopg
import yaml

from auto_deployment.feedback.postgres.database import Database
from tests.support.ports import free_port
from tests.support.project import PROJECT
from tests.support.systems.containers import docker
from tests.support.waiting import eventually

USER = NAME = "marquee"
PASSWORD = "pa$$ word"  # with what an address has to quote
SMALL = "/small"  # a folder of 2 MB, for what fills a disk


class Server:
    """One container; `close` removes it."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self.port = free_port()
        self.name = f"marquee-test-postgres-{uuid.uuid4().hex[:12]}"
        image = yaml.safe_load((PROJECT / "docker-compose.yml").read_text("utf-8"))["services"]["postgres"]
        given = {"POSTGRES_USER": USER, "POSTGRES_PASSWORD": PASSWORD, **(environ or {})}
        variables = [word for name, value in given.items() for word in ("-e", f"{name}={value}")]
        docker(
            "run", "-d", "--name", self.name, "-p", f"127.0.0.1:{self.port}:5432", *variables,
            "-v", "/var/lib/postgresql", "--tmpfs", f"{SMALL}:size=2m,uid=70,gid=70", image["image"],
            "postgres", "-c", "fsync=off",
        )  # fmt: skip
        self.wait()

    @property
    def url(self) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{NAME}"

    @property
    def database(self) -> Database:
        return Database(self.url, PASSWORD)

    def ask(self, sql: str, **account: Any) -> list[tuple[Any, ...]]:
        """Ask as the owner, or as another account; return the rows, if there are any."""
        given = {"password": PASSWORD, **account}
        with psycopg.connect(self.url, autocommit=True, **given) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def empty(self) -> None:
        """Take everything away, as in a new database."""
        self.ask("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC")

    def stop(self) -> None:
        docker("stop", "-t", "0", self.name)

    def start(self) -> None:
        docker("start", self.name)
        self.wait()

    def wait(self) -> None:
        eventually(self._answers, within_s=120, step_s=0.2)

    def close(self) -> None:
        docker("rm", "-f", "-v", self.name)

    def _answers(self) -> bool:
        try:
            return self.ask("SELECT 1") == [(1,)]
        except psycopg.OperationalError:
            return False
