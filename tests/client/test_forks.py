"""A process that forks, as servers do that load an application once."""

import json
import subprocess
import sys

import pytest

from tests.support.project import PROJECT
from tests.support.scripted_server import ScriptedServer, reply

# The parent has asked, holds a connection, has an open switch in one client, and a lock taken as it forks.
PROGRAM = """
import json, os, sys
from marquee_client import Recommender, Rule

patient = {"budget_s": 60, "rule": Rule(window_s=3600)}
well, ill = (Recommender(address, ["own"], **patient) for address in sys.argv[1:3])
well.recommend(1)
for _ in range(20):
    ill.recommend(1)
assert ill.is_open
well._way._idle._lock.acquire(); well._switch._lock.acquire(); well._counts._lock.acquire()
child = os.fork()
if child == 0:
    first = well.counts()["answered"]
    print(json.dumps([well.recommend(2).source, first, well.counts()["answered"], ill.is_open]), flush=True)
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
well._way._idle._lock.release(); well._switch._lock.release(); well._counts._lock.release()
print(json.dumps([well.recommend(3).source, well.counts()["answered"], ill.is_open]))
"""


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_has_connections_counts_and_a_switch_of_its_own(server: ScriptedServer) -> None:
    server.answers = lambda path, number: (
        reply("", "500 Internal Server Error") if path.startswith("/ill") else reply()
    )
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", PROGRAM, server.url, f"{server.url}/ill"],
        env={"PYTHONPATH": str(PROJECT / "client")},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    child, parent = map(json.loads, done.stdout.splitlines())
    assert child == ["personal", 0, 1, False]
    assert parent == ["personal", 2, True]
    well = [head for head in server.heads if not head.startswith("GET /ill")]
    assert len(well) == 3
    # One of `well`, one of `ill` (its switch closed it), and the child's own; the parent's went on.
    assert len(server.connections) == 3
