#!/usr/bin/env bash
# Bring what a version was made of, and its model, from DVC's remote: scripts/gitlab/pull-data.sh data|model|packaged
# DVC_REMOTE is the remote's address; credentials are those that DVC itself takes from the environment.
set -euo pipefail
cd "$(dirname "$0")/../.."
end() { echo "$1" >&2; exit 1; }
dvc() { .venv/bin/dvc "$@"; }

inputs=()
for name in segments catalog champion; do
  [[ -f data/$name.dvc ]] && inputs+=("data/$name.dvc")
done
[[ ${1:-data} == packaged || ${#inputs[@]} -gt 0 ]] || end "This revision names no data (data/segments.dvc): nothing was published on it."
[[ -n ${DVC_REMOTE:-} ]] || end "DVC_REMOTE is not set: the address of DVC's remote, as the scheduler has it. docs/gitlab.md lists the variables."
.venv/bin/python - 2>/dev/null <<'PYTHON' || end "dvc.lock cannot be read: a retraining cycle writes it, a person never does. Take it from the last tag model/*."
import sys
import yaml
with open("dvc.lock", encoding="utf-8") as file:
    stages = yaml.safe_load(file)["stages"]
sys.exit(not any(out["path"] == "data/model" and out["md5"] for out in stages["package"]["outs"]))
PYTHON
[[ -z ${DVC_PLUGIN:-} ]] || .venv/bin/pip install --quiet --disable-pip-version-check "$DVC_PLUGIN"
[[ -z ${CI:-} ]] || dvc cache dir --local "$PWD/.cache/dvc"
dvc remote add --quiet --force --local --default storage "$DVC_REMOTE"
pull() {
  dvc pull --force "$@" ||
    end "DVC's remote cannot be read from here: see above. Does DVC_REMOTE name what the scheduler writes to, and may this runner read it?"
}
# Apart: named together, files and a stage's output are not all brought.
if [[ ${1:-data} != packaged ]]; then pull "${inputs[@]}"; fi
if [[ ${1:-data} != data ]]; then pull data/model; fi
