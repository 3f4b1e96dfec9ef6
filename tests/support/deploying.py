"""deploy/swarm/deploy.sh without a Swarm: what it asks of Docker is answered by a script."""

import os
import subprocess
from pathlib import Path

from tests.support.project import PROJECT

SWARM = PROJECT / "deploy" / "swarm"
DOCKER = """#!/bin/sh
case "$1 $2" in
  "info -f") echo ${MANAGER:-true} ;;
  "node inspect") case "$5" in node-*) echo "id-of-$5" ;; *) exit 1 ;; esac ;;
  "node ls") test -n "$NO_LABEL" || echo n1 ;;
  "stack services")
    case "$4" in *Replicas*) echo marquee_serving ${REPLICAS:-3/3} ;; *) echo marquee_serving ;; esac ;;
  "stack deploy") cat "$MARQUEE_NODE_TOKEN_FILE" >"$SEEN"; env >>"$SEEN" ;;
  "service inspect") echo marquee_serving $STATE ;;
esac
"""


def deploying(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run deploy.sh with a `docker` that says what it is told to, and without waiting.

    What it deploys is in `seen`: the secret with nodes' tokens, then the environment.
    """
    for name in ("credentials.ini", "node-token", "operator-token"):
        (folder / name).write_text("what is in it\n")
    for name, text in {"docker": DOCKER, "sleep": "#!/bin/sh\n"}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    given = {
        "SEEN": str(folder / "seen"),
        "PATH": f"{folder}:{os.environ['PATH']}",
        "MARQUEE_TAG": "1",
        "MODEL_STORE": "s3://models",
        "STORE_CREDENTIALS_FILE": str(folder / "credentials.ini"),
        "FLEET_NODE_TOKEN_FILE": str(folder / "node-token"),
        "FLEET_OPERATOR_TOKEN_FILE": str(folder / "operator-token"),
        **environ,
    }
    return subprocess.run([SWARM / "deploy.sh"], env=given, capture_output=True, text=True, check=False)
