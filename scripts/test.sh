#!/usr/bin/env bash
# All tests on one host: `make test` calls it. The whole systems wait for real windows, deadlines and pipelines for half of
# their time; everything else is computed meanwhile, with less weight, and with the least once what users meet is measured
# (tests/e2e/conftest.py). What is printed first is what the whole systems say; the others' output follows when both are over.
set -euo pipefail
said=$(mktemp)
parts=
finish() {
  [ -z "$parts" ] || kill -INT -- "-$parts" 2>/dev/null || true
  rm -f "$said"
}
trap finish EXIT
trap 'exit 130' INT TERM
kept() { # which tests took long, and with MARQUEE_ARTIFACTS a JUnit file there
  echo --durations=60 ${MARQUEE_ARTIFACTS:+"--junitxml=$MARQUEE_ARTIFACTS/$1.xml"}
}
set -m # a process group of its own: Ctrl-C reaches it through `finish`, and every test's processes with it
# shellcheck disable=SC2046
nice -n 10 .venv/bin/python -m pytest --numprocesses="$TEST_WORKERS" --dist=loadfile \
  --no-loadscope-reorder --ignore=tests/e2e --ignore=tests/cluster $(kept parts) >"$said" 2>&1 </dev/null &
parts=$!
set +m
status=0
# shellcheck disable=SC2046
MARQUEE_OTHER_TESTS=$parts .venv/bin/python -m pytest tests/e2e $(kept systems) || status=$?
echo 'The whole systems are over; waiting for the other tests ...'
wait "$parts" || status=$?
parts=
cat "$said"
exit "$status"
