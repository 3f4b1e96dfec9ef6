#!/usr/bin/env bash
# All tests on one host, as `make test` runs them: scripts/test.sh WORKERS
# With MARQUEE_ARTIFACTS=FOLDER a JUnit file of each part is kept there.
set -euo pipefail
cd "$(dirname "$0")/.."
workers=$1
# They have systems of their own and measure no time, so they run beside the first of the others.
beside=(tests/e2e/test_watched.py tests/e2e/test_restore.py)

part() { # NAME WORDS...
  local name=$1
  shift
  # A shell has who runs in the background ignore Ctrl-C; all shall hear it, and remove their containers.
  env --default-signal=INT .venv/bin/python -m pytest --durations=60 \
    ${MARQUEE_ARTIFACTS:+"--junitxml=$MARQUEE_ARTIFACTS/$name.xml"} "$@"
}

trap 'wait; rm -f "${log:-}"; exit 130' INT
status=0
part parts --numprocesses="$workers" --dist=loadfile --no-loadscope-reorder \
  --ignore=tests/e2e --ignore=tests/cluster || status=$?

# Whole systems would measure each other: one after the other, and also when something else has failed.
log=$(mktemp)
part beside "${beside[@]}" >"$log" 2>&1 &
process=$!
part systems tests/e2e "${beside[@]/#/--ignore=}" || status=$?
wait "$process" || status=$?
cat "$log"
rm "$log"
exit "$status"
