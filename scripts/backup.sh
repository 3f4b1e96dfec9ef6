#!/usr/bin/env bash
# Everything of the running project into one folder: scripts/backup.sh [FOLDER]
# Volumes, and the images that serve; those of worker and NGINX are built again from the code. People are served all
# the while: only what writes to the volumes is held still, as if the power had failed, which all of it survives.
set -euo pipefail
quietly() { # what it says is of interest only where it fails
  local said
  if ! said=$("$@" 2>&1); then
    echo "$said" >&2
    return 1
  fi
}
cd "$(dirname "$0")/.."
folder=${1:-backups/$(date -u +%Y%m%dT%H%M%SZ)}
image=$(docker compose config | sed -n 's/^ *MARQUEE_IMAGE: //p')
project=$(docker compose config | sed -n 's/^name: //p')
if [ -e "$folder" ]; then
  echo "$folder exists already: name a folder that does not." >&2
  exit 1
fi
running=$(docker compose ps --services --status running)
if [ -z "$running" ]; then
  echo "Nothing of project $project runs: start it, or set COMPOSE_PROJECT_NAME." >&2
  exit 1
fi
mkdir -p "$(dirname "$folder")"
part=$folder.part
rm -rf "$part"
mkdir "$part"

# Readers of the stream before the broker: what a segment says was read is then in the broker's log.
held=()
release_all() { if [ ${#held[@]} -gt 0 ]; then docker compose unpause "${held[@]}" >/dev/null 2>&1; fi; }
trap release_all EXIT
for service in controller scheduler events feedback-join feedback-collect ingest kafka postgres prometheus alertmanager; do
  if grep -qx "$service" <<<"$running"; then
    quietly docker compose pause "$service"
    held+=("$service")
  fi
done
for volume in $(docker compose config --volumes); do
  if docker volume inspect "${project}_$volume" >/dev/null 2>&1; then
    docker run --rm --network none --user 0 --entrypoint tar -v "${project}_$volume:/from:ro" "$image-nginx:latest" \
      -C /from -czf - . >"$part/$volume.tar.gz"
  fi
done
release_all
held=()

docker images --no-trunc --format '{{.Tag}} {{.ID}}' "$image" >"$part/images.txt"
# By their ids, not their tags: where they are loaded, no tag of another project moves.
cut -d' ' -f2 "$part/images.txt" | sort -u | xargs docker save | gzip -1 >"$part/images.tar.gz"
(cd "$part" && sha256sum -- * >SHA256SUMS)
mv "$part" "$folder"
echo "$(du -sh "$folder" | cut -f1) of project $project in $folder"
