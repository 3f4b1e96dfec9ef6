"""One instance for the tests that change nothing of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.rpc import Caller, RpcServer, rpc_serving


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory, model_dir: Path) -> Iterator[RpcServer]:
    log = tmp_path_factory.mktemp("rpc") / "log"
    environ = {"MODEL_DIR": str(model_dir), "RPC_DRAIN_S": "0", "CODE_REVISION": "abc1234"}
    with rpc_serving(log, environ) as server:
        yield server


@pytest.fixture(scope="package")
def caller(server: RpcServer) -> Caller:
    return Caller(server.target)
