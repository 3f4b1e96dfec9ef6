"""A runner in small: what the remote's hook starts, a pipeline of each ref at a time, jobs in containers."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

# The hook: git waits for no pipeline.
RUNNER = """#!/bin/sh
while read -r old new ref; do
  setsid nohup {folder}/runner "$new" "$ref" "$old" >/dev/null 2>&1 </dev/null &
done
"""

SCRIPT = """#!/usr/bin/env bash
# A pipeline for one ref that was pushed: runner REVISION REF BEFORE
set -euo pipefail
unset $(env | sed -n 's/^\\(GIT_[A-Z_]*\\)=.*/\\1/p')
cd {folder}
mkdir -p pipelines
exec 9>pipelines/number.lock
flock 9
number=$(($(cat number 2>/dev/null || echo 900) + 1))
echo "$number" >number
exec 9>"pipelines/${{2//[!a-z0-9]/-}}.lock" # pipelines of different refs run at once, as in GitLab
flock 9
exec >>"pipelines/$number.log" 2>&1
work={folder}/pipelines/$number
mkdir {folder}/home-$number # gitlab-ci-local's caches know no two at once
git clone --quiet {folder}/films.git "$work"
given=()
case $2 in
  refs/tags/*)
    git -C "$work" checkout --quiet --detach "$1"
    given+=(--variable "CI_COMMIT_TAG=${{2#refs/tags/}}")
    ;;
  *)
    git -C "$work" checkout --quiet -B "${{2#refs/heads/}}" "$1"
    git -C "$work" update-ref refs/remotes/origin/main "$3" # what changed is asked of this
    ;;
esac
git -C "$work" remote set-url origin git@gitlab.example.org:team/films.git
given+=(--variable "CI_COMMIT_MESSAGE=$(git -C "$work" log -1 --format=%B)")
given+=(--variable "CI_COMMIT_AUTHOR=$(git -C "$work" log -1 --format='%an <%ae>')")
echo "pipeline $number for $2 at $1"
status=0
cd "$work"
HOME={folder}/home-$number gitlab-ci-local --pull-policy=if-not-present --network host --timestamps \\
  --ignore-predefined-vars CI_PIPELINE_IID,CI_PIPELINE_ID,CI_COMMIT_MESSAGE,CI_COMMIT_AUTHOR,CI_COMMIT_TAG \\
  --concurrency 2 --volume /var/run/docker.sock:/var/run/docker.sock {volumes} \\
  --variable "CI_PIPELINE_IID=$number" --variable "CI_PIPELINE_ID=$number" {variables} \\
  "${{given[@]}}" || status=$?
echo "pipeline $number for $2 ended with status $status"
echo "$number $2 $status" >>{folder}/finished
"""


def write_runner(folder: Path, variables: Mapping[str, str], volumes: Sequence[Path]) -> None:
    """Write the runner; `variables` are the project's, `volumes` what the runner's host shares with jobs."""
    text = SCRIPT.format(
        folder=folder,
        volumes=" ".join(f"--volume {one}:{one}" for one in volumes),
        variables=" ".join(f"--variable {json.dumps(f'{key}={value}')}" for key, value in variables.items()),
    )
    (folder / "runner").write_text(text)
    (folder / "runner").chmod(0o755)
