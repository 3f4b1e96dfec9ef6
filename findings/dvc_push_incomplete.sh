#!/usr/bin/env bash
# `dvc push` of a folder of which the cache lacks one file ends with status 0, counts the folder's own listing among the
# "files pushed" although that never arrives, and says so again at each further push: nobody can pull the folder, not
# even the files that did arrive. Only the warning on standard error tells.
# dvc 3.67.1
# Why it matters: a job that pushes data and then a git tag trusts the exit status. With it alone the tag names data
# that no clone can pull. (`dvc pull` of the same ends with status 1.) Pull into a second clone, or read
# `dvc status --cloud`, which says "missing", and ends with status 0 as well.
# Guess before the first run: a push that could not upload everything ends with a status other than 0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check dvc==3.67.1
export PATH="$folder/venv/bin:$PATH" DVC_NO_ANALYTICS=1
export DVC_GLOBAL_CONFIG_DIR="$folder/global" DVC_SITE_CACHE_DIR="$folder/site"
mkdir -p "$folder/project/data" "$folder/storage"
cd "$folder/project"
git init --quiet
dvc init --quiet
dvc remote add --quiet --default storage "$folder/storage"
echo one >data/one
echo two >data/two
dvc add --quiet data

lost=$(md5sum data/two)
rm -f ".dvc/cache/files/md5/${lost:0:2}/${lost:2:30}"
rm data/two # what is left of it is its name in the listing

status() { "$@" >"$folder/said" 2>&1 && echo 0 || echo $?; }
echo "dvc $(dvc --version)"
first=$(status dvc push) first_said=$(tail -1 "$folder/said")
second=$(status dvc push) second_said=$(tail -1 "$folder/said")
cloud=$(status dvc status --cloud) cloud_said=$(tr -s '\n\t ' ' ' <"$folder/said")
arrived=$(find "$folder/storage" -type f | wc -l) listings=$(find "$folder/storage" -name '*.dir' | wc -l)
rm -rf data .dvc/cache
pull=$(status dvc pull)
echo "push:         status $first, $first_said"
echo "push again:   status $second, $second_said"
echo "the storage:  $arrived file, $listings listings"
echo "status cloud: status $cloud,$cloud_said"
echo "pull:         status $pull"
[[ "$first $second $cloud $pull" == '0 0 0 1' && $arrived == 1 && $listings == 0 && $first_said == '2 files pushed' &&
    $second_said == '1 file pushed' && $cloud_said == *missing:* ]] || { echo 'NOT as described'; exit 1; }
echo 'as described'
