#!/usr/bin/env bash
# Put the release before the present one back, or the one that is named: scripts/rollback.sh [RELEASE or VERSION]
set -euo pipefail
cd "$(dirname "$0")/.."
docker compose exec -T controller marquee release rollback "$@" --by "${DEPLOY_BY:-$(id -un)}"
