#!/bin/sh
# What another NGINX is told and does, followed: follow.sh UPSTREAM LOG
# Another upstream is taken over once it is right; a log that was turned over is opened anew.
set -eu
upstream=$1 log=$2
told=$(cksum <"$upstream") written=$(ls -i "$log" 2>/dev/null || true)
while sleep 1; do
  now=$(cksum <"$upstream" 2>/dev/null) || continue
  if [ "$now" != "$told" ] && nginx -t -q; then
    told=$now
    kill -HUP 1
  fi
  now=$(ls -i "$log" 2>/dev/null || true)
  if [ "$now" != "$written" ]; then
    kill -USR1 1
    sleep 1
    written=$(ls -i "$log" 2>/dev/null || true)
  fi
done
