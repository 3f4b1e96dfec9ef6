#!/usr/bin/env bash
# Hand a candidate to the release controller and return at once; the controller goes on by itself.
#   scripts/deploy.sh             the revision that is checked out, with the newest published model
#   scripts/deploy.sh VERSION     the same with the model of this version (a tag model/VERSION)
#   scripts/deploy.sh IMAGE:TAG   an image that is here, or in a registry
# After an image, KEY=VALUE words stand in the release's record (`marquee release deploy --help` names the keys).
# The build happens in a clone of its own: nothing in this folder changes. DEPLOY_DIR says where that clone is.
set -euo pipefail
cd "$(dirname "$0")/.."
project=$PWD wanted=${1:-}
image=${MARQUEE_IMAGE:-marquee}

origin=()
for word in "${@:2}"; do origin+=(--origin "$word"); done

release() {
  docker compose exec -T controller marquee release deploy "$1" --by "${DEPLOY_BY:-$(id -un)}" "${origin[@]}"
}

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
# The service that publishes models knows where they are; this host needs neither DVC nor its credentials.
rm -rf "$clone/data/model"
status=0
docker compose exec -T scheduler marquee fetch ${wanted:+"$wanted"} --out - >"$clone.tar" || status=$?
case $status in
  0)
    model=published
    mkdir -p "$clone/data/model"
    tar -x -C "$clone/data/model" -f "$clone.tar"
    ;;
  3) model=auto ;; # nothing was published yet: the demo model, as at a first start
  *)
    echo "The service scheduler cannot give the model: see above. Nothing was deployed." >&2
    exit 1
    ;;
esac
rm -f "$clone.tar"
candidate=$image:candidate-${revision:0:8}-$$
code=$(scripts/gitlab/revision.sh "$revision") # a model published on top of it is no other code
docker build --quiet --file "$clone/app/Dockerfile" --tag "$candidate" \
  --build-arg "CODE_REVISION=${code:0:8}" --build-arg "MODEL=$model" "$clone" >/dev/null
trap 'docker rmi "$candidate" >/dev/null' EXIT # its name for ever is the release's
[[ " ${origin[*]} " == *" revision="* ]] || origin+=(--origin "revision=$revision")
release "$candidate"
