#!/usr/bin/env bash
# All tests on one host: `make test` calls it. Whole systems wait for real windows, deadlines and pipelines: what needs none
# is computed meanwhile, with less weight. Those that measure what users meet come last, when everything else is over
# (tests/e2e/conftest.py). What is printed first is what the whole systems say; the others' output follows.
set -euo pipefail
folder=$(mktemp -d)
others=
finish() {
  [ -z "$others" ] || kill -INT -- "-$others" 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM
kept() { # which tests took long, and with MARQUEE_ARTIFACTS a JUnit file there
  echo --durations=60 ${MARQUEE_ARTIFACTS:+"--junitxml=$MARQUEE_ARTIFACTS/$1.xml"}
}
compute() {
  local status=0
  # shellcheck disable=SC2046
  nice -n 5 .venv/bin/python -m pytest --numprocesses="$TEST_WORKERS" --dist=loadfile --no-loadscope-reorder \
    --ignore=tests/e2e --ignore=tests/cluster $(kept parts) >"$folder/said" 2>&1 </dev/null || status=$?
  touch "$folder/over"
  return "$status"
}
set -m # a process group of its own, which `finish` ends: what runs in the background does not hear Ctrl-C
compute &
others=$!
set +m
status=0
# shellcheck disable=SC2046
MARQUEE_OTHER_TESTS=$folder/over .venv/bin/python -m pytest tests/e2e $(kept systems) || status=$?
wait "$others" || status=$?
others=
cat "$folder/said"
exit "$status"
