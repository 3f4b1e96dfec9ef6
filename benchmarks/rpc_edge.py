"""What NGINX costs a call of gRPC: one door asked directly and through it, in slices in turns.

`.venv/bin/python -m benchmarks.rpc_edge FOLDER`; needs Docker (NGINX 1.30) and h2load.
"""

import statistics
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from app.rpc import marquee_pb2 as pb
from app.rpc.calls import SERVICE
from tests.support.edge.rpc_doors import Doors, rpc_doors
from tests.support.models import Size, write_model

ROUNDS, SLICE_S, CONNECTIONS = 9, 2, 20
GRPC = ("--header=content-type: application/grpc", "--header=te: trailers")


def main(words: list[str]) -> int:
    """Print requests a second and times of both ways, medians of slices."""
    with tempfile.TemporaryDirectory(dir=words[0] if words else None) as name:
        folder = Path(name)
        write_model(folder / "model", Size(), version="v1")
        with rpc_doors(folder, folder / "model") as doors:
            _compare(folder, doors)
    return 0


def _compare(folder: Path, doors: Doors) -> None:
    user = next(user for user in range(1, 1000) if doors.is_on_canary(user))
    message = pb.RecommendRequest(user=user).SerializeToString()
    (folder / "body").write_bytes(b"\0" + struct.pack(">I", len(message)) + message)
    direct = next(
        server.target for server in doors.by_address.values() if doors.tracks[server.port] == "canary"
    )
    ways = {"directly": direct, "through NGINX": f"127.0.0.1:{doors.port}"}
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ways}
    for target in ways.values():
        _slice(folder, target, user)  # warms up
    for _ in range(ROUNDS):
        for name, target in ways.items():
            found[name].append(_slice(folder, target, user))
    for name, slices in found.items():
        rate, p50_ms, p99_ms = (statistics.median(column) for column in zip(*slices, strict=True))
        sys.stdout.write(f"{name:14} {rate:7.0f} requests/s  p50 {p50_ms:6.2f} ms  p99 {p99_ms:6.2f} ms\n")
    pairs = zip(*found.values(), strict=True)
    times = statistics.median(one[0] / other[0] for one, other in pairs)
    sys.stdout.write(f"directly / through NGINX, median of pairs: {times:.2f}\n")


def _slice(folder: Path, target: str, user: int) -> tuple[float, float, float]:
    """Return requests a second, and the median and the 99th percentile of their times in ms."""
    log = folder / "h2load.log"
    log.unlink(missing_ok=True)
    options = [f"--clients={CONNECTIONS}", "--max-concurrent-streams=1", "--threads=1"]
    asked = [*GRPC, f"--header=marquee-user: {user}", f"--data={folder / 'body'}"]
    where = f"http://{target}/{SERVICE}/Recommend"
    words = ["h2load", *options, f"--duration={SLICE_S}", f"--log-file={log}", *asked, where]
    subprocess.run(words, check=True, capture_output=True)
    rows = [line.split("\t") for line in log.read_text("ascii").splitlines()]
    if not rows or {status for _, status, _ in rows} != {"200"}:
        raise RuntimeError(f"{target} gave other answers than 200.")
    waits = sorted(int(took_us) for _, _, took_us in rows)
    return len(rows) / SLICE_S, waits[len(waits) // 2] / 1000, waits[int(len(waits) * 0.99)] / 1000


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
