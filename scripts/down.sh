#!/usr/bin/env bash
# Stop what `make up` or `make run` started for this DATA_DIR; waits until it has ended.
set -euo pipefail
lock=${DATA_DIR:-data/demo}/run/lock
if [ ! -s "$lock" ] || flock --nonblock "$lock" true; then
  echo "Nothing runs for ${DATA_DIR:-data/demo}."
  exit 0
fi
kill -TERM "$(cat "$lock")"
if ! flock --timeout 30 "$lock" true; then
  echo "It has not ended within 30 s: see ${lock%/lock}/up.log" >&2
  exit 1
fi
echo "Stopped."
