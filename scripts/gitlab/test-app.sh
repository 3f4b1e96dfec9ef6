#!/usr/bin/env bash
# Test the service in the image that build.env names, over HTTP, in the network of a container made of it.
set -euo pipefail
cd "$(dirname "$0")/../.."
end() { echo "$1" >&2; exit 1; }
[[ -f build.env ]] || end "There is no build.env: \`make build\` (the job \`build\`) writes it."
. ./build.env
# By its id: the engine may hold another image under this name.
if ! docker image inspect "$IMAGE_ID" >/dev/null 2>&1; then
  if [[ -f image.tar.gz ]]; then docker load --quiet <image.tar.gz >/dev/null; else docker pull --quiet "$IMAGE" >/dev/null; fi
fi
docker image inspect "$IMAGE_ID" >/dev/null 2>&1 || end "$IMAGE is not $IMAGE_ID, which was built: build again."
container=$(docker run --detach --read-only --cap-drop ALL --tmpfs /tmp --env TRACK=canary "$IMAGE_ID")
# What is deployed is the artefact: the runner's engine keeps no image of each pipeline.
trap 'docker rm --force "$container" >/dev/null; if [[ -f image.tar.gz ]]; then docker rmi "$IMAGE" >/dev/null 2>&1 || true; fi' EXIT
# The image itself brings the Python that asks; nothing of the source tree is in it, or beside it.
if ! docker run --rm --interactive --network "container:$container" --env "RELEASE=$RELEASE" "$IMAGE_ID" python - <tests/service/ask.py; then
  docker logs --tail 30 "$container" >&2
  end "The service in $IMAGE ($RELEASE) does not do what it has to: see above. It is not deployed."
fi
echo "$RELEASE, image $IMAGE_ID, does what it has to."
