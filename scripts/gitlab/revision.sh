#!/usr/bin/env bash
# The revision of the code: the last commit that changed more than what a retraining cycle commits.
#   scripts/gitlab/revision.sh [REVISION] [REPOSITORY]
# A model that is published on top of the same code is the same code: what a release rejects is then the model.
set -euo pipefail
git -C "${2:-.}" log -1 --format=%H "${1:-HEAD}" -- . ':!data' ':!dvc.lock'
