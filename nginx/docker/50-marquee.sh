#!/bin/sh
# Runs before NGINX does: an upstream for a first start, and the edge log kept small.
set -eu
for name in STABLE_WEIGHT CANARY_WEIGHT ATTEMPT_TIMEOUT_MS CONNECT_TIMEOUT_MS ATTEMPTS USER_RATE USER_BURST \
  FAIL_TIMEOUT_S EDGE_LOG_MAX_MB EDGE_LOG_FILES; do
  eval "value=\${MARQUEE_$name:-}"
  case $value in
    '' | *[!0-9]*)
      echo "MARQUEE_$name is '$value': use a whole number." >&2
      exit 2 ;;
  esac
done
upstream=$MARQUEE_UPSTREAM_DIR/upstream.conf
if ! grep -q 'upstream marquee_last' "$upstream" 2>/dev/null; then
  # Until a release says otherwise. The salt becomes the release id then.
  # As `upstream` of auto_deployment writes it; a test compares both.
  block() {
    cat <<EOF
upstream $1 {
    zone $1 256k;
    hash "first:\$marquee_split_key" consistent;
    resolver 127.0.0.11 valid=1s ipv6=off;
    server stable-1:8000 weight=$MARQUEE_STABLE_WEIGHT $2 resolve;
    server stable-2:8000 weight=$MARQUEE_STABLE_WEIGHT $2 resolve;
    server canary:8001 weight=$MARQUEE_CANARY_WEIGHT $2 resolve;
    keepalive 16; keepalive_timeout 10s; keepalive_requests 100;
}
EOF
  }
  {
    block marquee "max_fails=1 fail_timeout=${MARQUEE_FAIL_TIMEOUT_S}s"
    block marquee_last max_fails=0
  } >"$upstream.new"
  mv "$upstream.new" "$upstream"
fi
marquee-rotate "$MARQUEE_LOG_DIR/edge.log" "$MARQUEE_EDGE_LOG_MAX_MB" "$MARQUEE_EDGE_LOG_FILES" &
