#!/bin/sh
# Print the code revision for an image: revision.sh FOLDER_OF_GIT GIVEN
# GIVEN counts when it says something; else the commit that the checkout is at, as git abbreviates it.
set -eu
git=$1 given=$2
if [ -n "$given" ] && [ "$given" != unknown ]; then echo "$given"; exit; fi
head=$(cat "$git/HEAD" 2>/dev/null || true)
case $head in
  "ref: "*)
    ref=${head#ref: }
    commit=$(cat "$git/$ref" 2>/dev/null || sed -n "s,^\([0-9a-f]*\) $ref\$,\1,p" "$git/packed-refs" 2>/dev/null || true) ;;
  *) commit=$head ;;
esac
case $commit in
  [0-9a-f]*) echo "$commit" | cut -c 1-8 ;;
  *) echo unknown ;;
esac
