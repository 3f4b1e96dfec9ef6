#!/usr/bin/env bash
# Compile the lock files: first everything together, then each deployable held to the same versions.
# Arguments go to the compiler, for example: scripts/lock.sh --upgrade
set -euo pipefail
compile() {
  .venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url \
    --no-emit-find-links --python-version 3.11 "$@"
}
compile "$@" requirements-dev.in --output-file requirements-dev.txt
compile "$@" tests/fleet/s3.in --output-file tests/fleet/s3.txt
engines=auto_deployment/training/train/engines
compile "$@" "$engines/spark.in" --output-file "$engines/spark.txt"
for part in app app/rpc auto_deployment search; do
  compile --constraints requirements-dev.txt "$part/requirements.in" --output-file "$part/requirements.txt"
done
