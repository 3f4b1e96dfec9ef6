#!/usr/bin/env bash
# What scripts/backup.sh has saved becomes this project and is started: scripts/restore.sh FOLDER
# COMPOSE_PROJECT_NAME, MARQUEE_IMAGE and the ports say which project; it must not have anything yet.
set -euo pipefail
quietly() { # what it says is of interest only where it fails
  local said
  if ! said=$("$@" 2>&1); then
    echo "$said" >&2
    return 1
  fi
}
if [ $# -ne 1 ] || [ ! -f "$1/SHA256SUMS" ]; then
  echo "Name the folder of a backup: scripts/restore.sh FOLDER" >&2
  exit 2
fi
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
image=$(docker compose config | sed -n 's/^ *MARQUEE_IMAGE: //p')
project=$(docker compose config | sed -n 's/^name: //p')
if ! (cd "$folder" && sha256sum --quiet --check SHA256SUMS); then
  echo "$folder is damaged: take another backup." >&2
  exit 1
fi
if [ -n "$(docker ps -aq --filter "label=com.docker.compose.project=$project")" ] ||
  [ -n "$(docker volume ls -q --filter "label=com.docker.compose.project=$project")" ]; then
  echo "Project $project has containers or data already: set COMPOSE_PROJECT_NAME to another name, or remove" \
    "everything of it with docker compose down --volumes." >&2
  exit 1
fi
gunzip -c "$folder/images.tar.gz" | docker load >/dev/null
while read -r tag id; do
  docker tag "$id" "$image:$tag"
done <"$folder/images.txt"
quietly docker compose create
for file in "$folder"/*.tar.gz; do
  volume=$(basename "$file" .tar.gz)
  if [ "$volume" = images ]; then continue; fi
  docker run --rm -i --network none --user 0 --entrypoint tar -v "${project}_$volume:/to" "$image-nginx:latest" \
    -C /to -xzpf - <"$file"
done
docker compose up -d --wait
echo "Project $project serves what $folder holds."
