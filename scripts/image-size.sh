#!/usr/bin/env bash
# Print what the inference image adds to its base, its model aside: scripts/image-size.sh IMAGE
set -euo pipefail
image=$1 base=${2:-python:3.13-slim-trixie}
size() { docker image inspect --format '{{.Size}}' "$1"; }
model=$(docker run --rm --entrypoint du "$image" -sb /model | cut -f1)
awk -v image="$(size "$image")" -v base="$(size "$base")" -v model="$model" 'BEGIN {
  printf "%.1f MB over the base of %.1f MB, and a model of %.1f MB\n", (image - base - model) / 1e6, base / 1e6, model / 1e6
}'
