#!/usr/bin/env bash
# `make run` in the background: returns when it serves, or with its last words when it does not.
set -euo pipefail
run=${DATA_DIR:-data/demo}/run
log=$run/up.log
mkdir -p "$run"
if [ -s "$run/lock" ] && ! flock --nonblock "$run/lock" true; then
  echo "Marquee already runs for ${DATA_DIR:-data/demo} (process $(cat "$run/lock")): stop it with make down." >&2
  exit 1
fi
: >"$log"
setsid .venv/bin/python -m auto_deployment run >"$log" 2>&1 </dev/null &
runner=$!
until grep -q '^Open http' "$log"; do
  if ! kill -0 "$runner" 2>/dev/null; then
    tail -n 5 "$log" >&2
    exit 1
  fi
  sleep 0.2
done
grep "^Open http" "$log"
echo "Stop it with: make down    Log: $log"
