"""The door with TLS: who trusts its certificate is answered, and a new one needs no restart."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from app.config import Settings, SettingsError
from app.rpc.tls import CertificateError, certificate_of
from marquee_client import Recommender
from tests.client.conftest import PATIENT_RULE, PATIENT_S
from tests.support.certificates import make_certificates
from tests.support.project import PROJECT
from tests.support.rpc import RpcServer, rpc_serving
from tests.support.waiting import eventually

OWN = ("own+1",)


def source(address: str, ca_file: Path | None = None) -> str:
    """Return where the list of a new client is from."""
    named = None if ca_file is None else str(ca_file)
    rule = {"budget_s": PATIENT_S, "connect_s": PATIENT_S, "rule": PATIENT_RULE}
    with Recommender(address, OWN, ca_file=named, **rule) as client:  # type: ignore[arg-type]
        return client.recommend(1).source


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return two folders with a key and its certificate: one of its own, and one that another has signed."""
    folders = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    for folder in folders:
        make_certificates(folder)
    sign(folders[1])
    return folders


def sign(folder: Path) -> None:
    """Make what is in a folder sign another certificate, which takes its place; `root.pem` is who signed."""
    (folder / "ca.pem").rename(folder / "root.pem")
    (folder / "key.pem").rename(folder / "root-key.pem")
    (folder / "names").write_text("subjectAltName = DNS:*.example.org,IP:127.0.0.1\n")
    made = "req -newkey rsa:2048 -nodes -subj /CN=films -keyout key.pem -out asked.pem"
    signed = (
        "x509 -req -in asked.pem -CA root.pem -CAkey root-key.pem -days 2 -extfile names "
        "-CAcreateserial -out ca.pem"
    )
    for words in (made, signed):
        subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def used(tmp_path: Path, pairs: tuple[Path, Path]) -> Path:
    """Return the folder with what the server is told of: the first pair."""
    take(pairs[0], tmp_path)
    return tmp_path


def take(pair: Path, folder: Path, *names: str) -> None:
    """Put files of a pair in the place of what is there, each at once."""
    for name in names or ("key.pem", "ca.pem"):
        (folder / f"new-{name}").write_bytes((pair / name).read_bytes())
        (folder / f"new-{name}").replace(folder / name)


@pytest.fixture
def server(used: Path, model_dir: Path) -> Iterator[RpcServer]:
    environ = {
        "MODEL_DIR": str(model_dir), "RPC_DRAIN_S": "0", "WORKERS": "1",
        "RPC_TLS_CERT_FILE": str(used / "ca.pem"), "RPC_TLS_KEY_FILE": str(used / "key.pem"),
    }  # fmt: skip
    with rpc_serving(used / "log", environ) as server:
        yield server


def test_who_trusts_the_certificate_is_answered_and_a_new_one_is_taken_without_a_restart(
    server: RpcServer, used: Path, pairs: tuple[Path, Path]
) -> None:
    first, second = pairs[0] / "ca.pem", pairs[1] / "root.pem"
    assert source(f"grpcs://{server.target}", first) == "personal"
    assert "gRPC with TLS" in server.log_text()
    for address, trusted in (("grpcs", second), ("grpcs", None), ("grpc", None)):
        assert source(f"{address}://{server.target}", trusted) == "fallback"
    take(pairs[1], used, "key.pem")
    assert source(f"grpcs://{server.target}", first) == "personal"  # half a change is none
    assert "The certificate stays as it was" in server.log_text()
    take(pairs[1], used, "ca.pem")
    eventually(lambda: source(f"grpcs://{server.target}", second) == "personal")
    eventually(lambda: requests.get(f"{server.url}/health/ready", timeout=10).ok)
    assert source(f"grpcs://{server.target}", first) == "fallback"


def test_what_cannot_be_used_is_one_sentence(used: Path, pairs: tuple[Path, Path], model_dir: Path) -> None:
    take(pairs[1], used, "key.pem")  # of another certificate
    given = {
        "PATH": os.environ["PATH"], "MODEL_DIR": str(model_dir),
        "RPC_TLS_CERT_FILE": str(used / "ca.pem"), "RPC_TLS_KEY_FILE": str(used / "key.pem"),
    }  # fmt: skip
    words = [sys.executable, "-m", "app.rpc"]
    done = subprocess.run(words, cwd=PROJECT, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "RPC_TLS_CERT_FILE and RPC_TLS_KEY_FILE cannot be used (" in done.stderr.splitlines()[-1]


def test_a_key_with_a_password_or_a_file_that_is_away_is_refused(used: Path) -> None:
    command = ["openssl", "rsa", "-aes256", "-passout", "pass:secret", "-in", "key.pem", "-out", "locked.pem"]
    subprocess.run(command, cwd=used, check=True, capture_output=True)
    for key, said in (("locked.pem", "the key has a password"), ("away.pem", "No such file")):
        settings = Settings(Path(), rpc_tls_cert=used / "ca.pem", rpc_tls_key=used / key)
        with pytest.raises(CertificateError, match=said):
            certificate_of(settings)


@pytest.mark.parametrize("name", ["RPC_TLS_CERT_FILE", "RPC_TLS_KEY_FILE"])
def test_certificate_and_key_belong_together(name: str) -> None:
    with pytest.raises(SettingsError, match="set both, or neither"):
        Settings.from_env({"MODEL_DIR": "here", name: "one.pem"})
