#!/usr/bin/env bash
# Install lock files into .venv: scripts/venv.sh LOCKFILE...
set -euo pipefail
python=${PYTHON:-python3}
prerequisites='apt-get install -y make git python3-venv'

if ! command -v "$python" >/dev/null || ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "Marquee needs Python 3.11 or newer as '$python' (or PYTHON=... make ...). On Debian and Ubuntu: $prerequisites" >&2
  exit 1
fi
# `marquee COMMAND` for people; the same as `python -m auto_deployment COMMAND` in this folder.
add_marquee() {
  printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s/.venv/bin/python" -m auto_deployment "$@"\n' "$PWD" "$PWD" >.venv/bin/marquee
  chmod +x .venv/bin/marquee
}
# What an image brings (scripts/gitlab/Dockerfile), as long as it was made of these very lock files.
is_given() {
  [ -n "${VENV_FROM:-}" ] || return 1
  for lock in "$@"; do cmp --silent "$lock" "$VENV_FROM/locks/$lock" || return 1; done
}
if [ ! -e .venv ] && is_given "$@"; then
  ln -s "$VENV_FROM" .venv
  add_marquee
  exit
fi
if [ ! -x .venv/bin/pip ]; then
  if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    echo "Python's venv module is missing. On Debian and Ubuntu: $prerequisites" >&2
    exit 1
  fi
  rm -rf .venv
  "$python" -m venv .venv
fi
echo "Installing pinned packages into .venv (once; later runs find them there) ..."
args=()
for lock in "$@"; do args+=(-r "$lock"); done
# Two lock files name some packages both; pip takes them when the hashes agree, which the same compiler run ensures.
# Python compiles what is imported, which is a part of it, when it is; all of it would be two thirds of the time.
.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --no-compile "${args[@]}"
add_marquee
