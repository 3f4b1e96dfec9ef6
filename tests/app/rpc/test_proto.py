"""What is generated is that of the description next to it."""

import subprocess
import sys
from pathlib import Path

from tests.support.project import PROJECT

FOLDER = PROJECT / "app" / "rpc"


def test_what_is_generated_is_what_make_proto_generates(tmp_path: Path) -> None:
    (recipe,) = [line for line in (PROJECT / "Makefile").read_text("utf-8").splitlines() if "protoc" in line]
    words = recipe.partition("grpc_tools.protoc ")[2].replace("=app/rpc", f"={tmp_path}").split()
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *words], cwd=PROJECT, check=True)
    made = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert made.keys() == {"marquee_pb2.py", "marquee_pb2.pyi"}
    assert made == {name: (FOLDER / name).read_text("utf-8") for name in made}
