#!/usr/bin/env bash
# Build the image of this revision once: what is tested afterwards, and becomes the canary. Writes build.env.
# The model: that of the tag which is built, else the one in production (so that a code push changes code only), else
# the newest that was published, else the demo model. With CI_REGISTRY the image is pushed, else it is image.tar.gz.
set -euo pipefail
cd "$(dirname "$0")/../.."
end() { echo "$1" >&2; exit 1; }
docker version >/dev/null 2>&1 || end "No Docker engine answers here: the runner has to share its socket with jobs. docs/gitlab.md."

version=
if [[ ${CI_COMMIT_TAG:-} == model/* ]]; then
  version=${CI_COMMIT_TAG#model/}
else
  version=$(python3 -m auto_deployment.gitlab model)
  git rev-parse --quiet --verify "refs/tags/model/$version" >/dev/null 2>&1 || version= # the demo model of a first start
  [[ -n $version ]] || version=$(git describe --tags --match 'model/*' --abbrev=0 2>/dev/null | sed 's,^model/,,') || true
fi
rm -rf data/model
if [[ -n $version ]]; then
  kept=$(mktemp)
  [[ ! -f dvc.lock ]] || cp dvc.lock "$kept"
  trap 'if [[ -s $kept ]]; then cp "$kept" dvc.lock; fi; rm -f "$kept"' EXIT
  git show "model/$version:dvc.lock" >dvc.lock
  scripts/gitlab/pull-data.sh packaged
  model=published
else
  model=auto
fi
revision=$(scripts/gitlab/revision.sh)
registry=
if [[ -n ${CI_REGISTRY:-} && -n ${CI_REGISTRY_USER:-} ]]; then registry=$CI_REGISTRY_IMAGE; fi
image=${registry:-marquee}:ci-${CI_PIPELINE_IID:-0}
docker build --quiet --file app/Dockerfile --tag "$image" \
  --build-arg "CODE_REVISION=${revision:0:8}" --build-arg "MODEL=$model" --build-arg "MODEL_VERSION=$version" . >/dev/null
container=$(docker create --network none "$image")
served=$(docker cp "$container:/model/manifest.json" - | tar -xO | python3 -c 'import json, sys; print(json.load(sys.stdin)["version"])')
docker rm "$container" >/dev/null
if [[ -n $registry ]]; then
  printf %s "${CI_REGISTRY_PASSWORD:-}" | docker login --username "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY" >/dev/null
  docker push --quiet "$image" >/dev/null
else
  docker save "$image" | gzip -1 >image.tar.gz
fi
{
  echo "IMAGE=$image"
  echo "IMAGE_ID=$(docker image inspect --format '{{.Id}}' "$image")"
  echo "RELEASE=$served-${revision:0:8}"
  echo "IMAGE_REGISTRY=$registry"
} >build.env
cat build.env
