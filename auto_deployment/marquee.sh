#!/bin/sh
# `marquee COMMAND` in a container.
set -eu
cd /srv
export CODE_REVISION="${CODE_REVISION:-$(cat REVISION)}"
exec python -m auto_deployment "$@"
