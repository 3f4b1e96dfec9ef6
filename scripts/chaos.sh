#!/usr/bin/env bash
# Load on the running stack while each container is stopped, killed, hung and replaced: scripts/chaos.sh [--help]
set -euo pipefail
cd "$(dirname "$0")/.."
exec .venv/bin/python -m benchmarks.chaos "$@"
