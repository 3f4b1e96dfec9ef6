"""Models for a fleet, published to a store at an S3 address as a person does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from auto_deployment.cli import main
from tests.support.models import Size, write_model
from tests.support.s3_server import S3Server

Publish = Callable[..., str]


def store_files(store: S3Server, folder: Path) -> dict[str, str]:
    """Write how nodes reach the store; return the variables of a deployment that name these files."""
    given = store.environ
    (folder / "credentials.ini").write_text(
        f"[default]\naws_access_key_id = {given['AWS_ACCESS_KEY_ID']}\n"
        f"aws_secret_access_key = {given['AWS_SECRET_ACCESS_KEY']}\n",
        "utf-8",
    )
    (folder / "store.ini").write_text(
        f"[default]\nregion = us-east-1\nendpoint_url = {given['AWS_ENDPOINT_URL']}\n", "utf-8"
    )
    return {
        "STORE_CREDENTIALS_FILE": str(folder / "credentials.ini"),
        "STORE_CONFIG_FILE": str(folder / "store.ini"),
    }


@contextmanager
def publishing(store: S3Server, folder: Path, size: Size) -> Iterator[Publish]:
    """Set MODEL_STORE to a bucket of its own; yield what publishes another model to some channels.

    It returns the version.
    """
    seeds = iter(range(1, 99))

    def another(*channels: str) -> str:
        seed = next(seeds)
        version = f"20261130T00{seed:02}-aaaaaaaa"
        write_model(folder / version, size, version=version, seed=seed)
        wanted = [word for channel in channels for word in ("--channel", channel)]
        assert main(["fleet", "publish", str(folder / version), *wanted]) == 0
        return version

    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**store.environ, "MODEL_STORE": f"s3://{store.bucket()}/fleet"}.items():
            patch.setenv(name, value)
        yield another
