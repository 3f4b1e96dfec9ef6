#!/usr/bin/env bash
# Releases, kills and a rollback under a steady load, in a system of its own: scripts/promise.sh [--help]
set -euo pipefail
cd "$(dirname "$0")/.."
exec .venv/bin/python -m benchmarks.promise "$@"
