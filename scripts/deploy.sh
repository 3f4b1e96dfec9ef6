#!/usr/bin/env bash
# Hand a candidate to the release controller and return at once; the controller goes on by itself.
#   scripts/deploy.sh             the revision that is checked out, with the newest published model
#   scripts/deploy.sh VERSION     the same with the model of this version (a tag model/VERSION)
#   scripts/deploy.sh IMAGE:TAG   an image that is here, or in a registry
# The build happens in a clone of its own: nothing in this folder changes. DEPLOY_DIR says where that clone is.
set -euo pipefail
cd "$(dirname "$0")/.."
project=$PWD wanted=${1:-}
image=${MARQUEE_IMAGE:-marquee}

release() { docker compose exec -T controller marquee release deploy "$1" --by "${DEPLOY_BY:-$(id -un)}"; }

if [[ $wanted == *:* ]]; then
  docker image inspect "$wanted" >/dev/null 2>&1 || docker pull --quiet "$wanted"
  release "$wanted"
  exit
fi

revision=$(git rev-parse HEAD)
clone=${DEPLOY_DIR:-$HOME/.cache/marquee/$(printf %s "$project" | cksum | cut -d ' ' -f 1)}
mkdir -p "$(dirname "$clone")"
exec 9>"$clone.lock"
flock 9 # two deploys at once take turns: the later one counts
[ -d "$clone/.git" ] || git clone --quiet --no-checkout "$project" "$clone"
git -C "$clone" fetch --quiet --force --tags "$project" "$revision"
git -C "$clone" checkout --quiet --force --detach "$revision"
git -C "$clone" clean --quiet --force -d -x -e .dvc/cache -e .dvc/tmp
# Where the model's files are kept is this host's own business; it is not in git.
if [ -f "$project/.dvc/config.local" ]; then cp "$project/.dvc/config.local" "$clone/.dvc/config.local"; fi
if [ -n "$wanted" ]; then
  git -C "$clone" checkout --quiet "refs/tags/model/$wanted" -- dvc.lock
fi
model=auto
if grep -qs 'data/model' "$clone/dvc.lock"; then
  dvc=$project/.venv/bin/dvc
  [ -x "$dvc" ] || dvc=dvc
  (cd "$clone" && "$dvc" pull --quiet data/model)
  model=published
fi
candidate=$image:candidate-${revision:0:8}-$$
docker build --quiet --file "$clone/app/Dockerfile" --tag "$candidate" \
  --build-arg "CODE_REVISION=${revision:0:8}" --build-arg "MODEL=$model" "$clone" >/dev/null
trap 'docker rmi "$candidate" >/dev/null' EXIT # its name for ever is the release's
release "$candidate"
