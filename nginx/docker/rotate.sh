#!/bin/sh
# Turn the edge log over when it has grown enough: rotate.sh LOG MAX_MB FILES
# NGINX (process 1) goes on writing into the renamed file until USR1 makes it open a new one: no line is lost.
set -eu
log=$1 max_bytes=$(($2 * 1048576)) files=$3
while sleep 2; do
  if [ ! -e "$log" ] || [ "$(wc -c <"$log")" -lt "$max_bytes" ]; then continue; fi
  number=$((files - 1))
  rm -f "$log.$number"
  while [ "$number" -gt 1 ]; do
    older=$((number - 1))
    if [ -e "$log.$older" ]; then mv "$log.$older" "$log.$number"; fi
    number=$older
  done
  mv "$log" "$log.1"
  kill -USR1 1
done
