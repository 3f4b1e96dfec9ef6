#!/bin/sh
# Runs before NGINX does: an upstream for a first start, and the edge log kept small.
set -eu
if [ -n "${MARQUEE_RPC_LISTEN:-}" ]; then
  # The edge of gRPC has no upstream and no log of its own: it waits for those of the other one.
  until [ -s "$MARQUEE_UPSTREAM_DIR/upstream.conf" ]; do sleep 1; done
  marquee-follow "$MARQUEE_UPSTREAM_DIR/upstream.conf" "$MARQUEE_LOG_DIR/edge.log" &
  exit 0
fi
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
if ! grep -q 'upstream marquee_any' "$upstream" 2>/dev/null ||
  { grep -q ' server canary:' "$upstream" && ! grep -q 'upstream marquee_canary' "$upstream"; }; then
  # Until a release says otherwise, who an older version says that serves; before the first release, everybody.
  # As `upstream` of auto_deployment writes it; a test compares both.
  known=$(sed -n '/^upstream marquee {/,/^}/p' "$upstream" 2>/dev/null) || true
  salt=$(echo "$known" | sed -n 's/.*hash "\(.*\):\$marquee_split_key".*/\1/p')
  who=$(echo "$known" | sed -n 's/.* server \([a-z0-9-]*\):.*/\1/p')
  who=${who:-stable-1 stable-2 canary}
  block() { # NAME PENALTY INSTANCE...
    name=$1 penalty=$2
    shift 2
    echo "upstream $name {"
    echo "    zone $name 256k;"
    echo "    hash \"${salt:-first}:\$marquee_split_key\" consistent;"
    echo "    resolver 127.0.0.11 valid=1s ipv6=off;"
    for instance in "$@"; do
      case $instance in
        canary) echo "    server canary:8001 weight=$MARQUEE_CANARY_WEIGHT $penalty resolve;" ;;
        *) echo "    server $instance:8000 weight=$MARQUEE_STABLE_WEIGHT $penalty resolve;" ;;
      esac
    done
    echo "    keepalive 16; keepalive_timeout 10s; keepalive_requests 100;"
    echo "}"
  }
  stable=$(for instance in $who; do case $instance in stable-*) echo "$instance" ;; esac; done)
  # shellcheck disable=SC2086 # a list of names
  {
    block marquee "max_fails=1 fail_timeout=${MARQUEE_FAIL_TIMEOUT_S}s" $who
    block marquee_last max_fails=0 ${stable:-$who}
    block marquee_any max_fails=0 $who
    case $who in *canary*) block marquee_canary max_fails=0 canary ;; esac
  } >"$upstream.new"
  mv "$upstream.new" "$upstream"
fi
marquee-rotate "$MARQUEE_LOG_DIR/edge.log" "$MARQUEE_EDGE_LOG_MAX_MB" "$MARQUEE_EDGE_LOG_FILES" &
