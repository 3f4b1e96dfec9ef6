#!/usr/bin/env bash
# From a push to a promoted model, with real parts on this machine: a git remote whose hook starts the pipeline in
# gitlab-ci-local, sshd with the forced command, the Compose system as production; and three pushes that must not pass.
# Logs are kept in artifacts/. Needs Docker, git, sshd and gitlab-ci-local; four minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."
export MARQUEE_ARTIFACTS=${MARQUEE_ARTIFACTS:-$PWD/artifacts} MARQUEE_REQUIRE_DOCKER=1
exec .venv/bin/python -m pytest tests/e2e/test_gitlab.py "$@"
