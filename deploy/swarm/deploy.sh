#!/usr/bin/env bash
# Deploy the stack to the Swarm that `docker` talks to (a manager), and wait until it has settled:
#   export MARQUEE_TAG=1 MODEL_STORE=s3://BUCKET/PATH STORE_CREDENTIALS_FILE=credentials.ini
#   FLEET_NODE_TOKEN_FILE=node-token FLEET_OPERATOR_TOKEN_FILE=operator-token deploy/swarm/deploy.sh
# Ends with 1 where a service was rolled back or did not settle within WITHIN_S; docs/fleet.md has the variables.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export MARQUEE_STACK=${MARQUEE_STACK:-marquee}
within_s=${WITHIN_S:-300}
fail() { printf '%s\n' "$*" >&2; exit 1; }
absolute() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$PWD" "$1" ;; esac; }

[ "$(docker info -f '{{.Swarm.ControlAvailable}}' 2>/dev/null)" = true ] ||
  fail "docker does not talk to a manager of a Swarm: docker swarm init, or set DOCKER_HOST."
if [ -n "${FLEET_NODE_TOKEN_DIR:-}" ]; then
  # One secret, of which the engine renders the part of the node on which a container reads it. It knows the node's ID
  # there, and its name not: .Node.Hostname is empty in a secret.
  [ -z "${FLEET_NODE_TOKEN_FILE:-}" ] || fail "FLEET_NODE_TOKEN_DIR and FLEET_NODE_TOKEN_FILE are set: nodes have" \
    "a token each or one for all."
  [ -n "${FLEET_NODE_TOKENS_FILE:-}" ] || fail "FLEET_NODE_TOKENS_FILE is not set: it has the hashes of what is in" \
    "FLEET_NODE_TOKEN_DIR."
  MARQUEE_NODE_TOKEN_FILE=$(mktemp)
  trap 'rm -f "$MARQUEE_NODE_TOKEN_FILE"' EXIT
  word=if
  for file in "$FLEET_NODE_TOKEN_DIR"/*; do
    node=$(basename "$file")
    [[ -f $file && $node =~ ^[A-Za-z0-9._-]+$ && $(cat "$file") =~ ^[A-Za-z0-9._+/=-]{16,}$ ]] ||
      fail "$file is no token of a node: its name has to be the node's host name, its content one line of" \
        "\`marquee fleet token $node\`."
    id=$(docker node inspect -f '{{.ID}}' "$node" 2>/dev/null) || fail "$file is of no node of this Swarm:" \
      "docker node ls says their names."
    printf '{{%s eq .Node.ID "%s"}}%s' "$word" "$id" "$(cat "$file")"
    word='else if'
  # An agent without a token would not start. With one that is nobody's its node gets models, and counts as missing.
  done >"$MARQUEE_NODE_TOKEN_FILE"
  printf '{{else}}%s-has-no-token-of-its-own{{end}}\n' '{{.Node.ID}}' >>"$MARQUEE_NODE_TOKEN_FILE"
  MARQUEE_NODE_TOKEN=$(sha256sum "$MARQUEE_NODE_TOKEN_FILE" | cut -c1-12)
  export MARQUEE_NODE_TOKEN MARQUEE_SHARED_TOKEN_AT= # the master knows hashes, and no token that nodes share
  unset FLEET_NODE_TOKEN_FILE # what a stack file leaves empty Docker takes from here, if it has that name
else
  [ -n "${FLEET_NODE_TOKEN_FILE:-}" ] || fail "FLEET_NODE_TOKEN_FILE is not set: docs/fleet.md says what it is."
  MARQUEE_NODE_TOKEN_FILE=$(absolute "$FLEET_NODE_TOKEN_FILE")
fi
for name in MARQUEE_TAG MODEL_STORE STORE_CREDENTIALS_FILE FLEET_OPERATOR_TOKEN_FILE; do
  [ -n "${!name:-}" ] || fail "$name is not set: docs/fleet.md says what it is."
done
export MARQUEE_NGINX_TAG=${MARQUEE_NGINX_TAG:-$MARQUEE_TAG} # which restarts only where this says another one
# Compose's files name paths from where they are, people from where they stand.
STORE_CREDENTIALS_FILE=$(absolute "$STORE_CREDENTIALS_FILE")
MASTER_CREDENTIALS_FILE=$(absolute "${MASTER_CREDENTIALS_FILE:-$STORE_CREDENTIALS_FILE}")
FLEET_OPERATOR_TOKEN_FILE=$(absolute "$FLEET_OPERATOR_TOKEN_FILE")
STORE_CONFIG_FILE=$(absolute "${STORE_CONFIG_FILE:-$here/store.ini}")
FLEET_NODE_TOKENS_FILE=$(absolute "${FLEET_NODE_TOKENS_FILE:-$here/node-tokens}")
for file in "$STORE_CREDENTIALS_FILE" "$MASTER_CREDENTIALS_FILE" "$STORE_CONFIG_FILE" \
  "$MARQUEE_NODE_TOKEN_FILE" "$FLEET_NODE_TOKENS_FILE" "$FLEET_OPERATOR_TOKEN_FILE"; do
  [ -s "$file" ] || fail "$file is not there or empty: name another one."
done
# On another node the master would begin with an empty database.
[ "$(docker node ls -q -f node.label=marquee.master=true | wc -l)" = 1 ] ||
  fail "One node has to have the label marquee.master=true, as the master's database is on its disk:" \
    "docker node update --label-add marquee.master=true NODE."
MARQUEE_CONFIGS=$(cat "$here/upstream.conf" "$here/../../nginx/templates/marquee.conf.template" "$STORE_CONFIG_FILE" |
  sha256sum | cut -c1-12)
MARQUEE_NODE_TOKENS=$(sha256sum <"$FLEET_NODE_TOKENS_FILE" | cut -c1-12) # by itself: NGINX is not replaced for a token
export STORE_CREDENTIALS_FILE MASTER_CREDENTIALS_FILE STORE_CONFIG_FILE MARQUEE_CONFIGS MARQUEE_NODE_TOKENS
export MARQUEE_NODE_TOKEN=${MARQUEE_NODE_TOKEN:-${FLEET_TOKENS_VERSION:-1}}
export MARQUEE_NODE_TOKEN_FILE FLEET_NODE_TOKENS_FILE FLEET_OPERATOR_TOKEN_FILE

docker stack deploy --detach=true --prune --with-registry-auth --resolve-image "${RESOLVE_IMAGE:-always}" \
  -c "$here/stack.yml" "$MARQUEE_STACK"

services=$(docker stack services --format '{{.Name}}' "$MARQUEE_STACK")
replicas() { docker stack services --format '{{.Name}} {{.Replicas}}' "$MARQUEE_STACK"; }
states() {
  for service in $services; do
    docker service inspect -f '{{.Spec.Name}} {{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}' "$service"
  done
}
moves() {
  case "$(states)" in *' updating'* | *' rollback_started'*) return 0 ;; esac
  [ -n "$(replicas | awk '{ split($2, n, "/") } n[1] != n[2]')" ]
}
# An update begins a moment after it was asked for: settled is what does not move for a while.
until_s=$((SECONDS + within_s)) still=0
while [ "$still" -lt 5 ]; do
  if moves; then still=0; else still=$((still + 1)); fi
  [ "$SECONDS" -lt "$until_s" ] ||
    fail "The stack has not settled within $within_s s: docker stack ps --no-trunc $MARQUEE_STACK says why."
  sleep 1
done
replicas
wrong=$(states | sed -nE \
  -e 's/^(.*) rollback_completed$/\1 was rolled back: docker service ps --no-trunc \1 says why./p' \
  -e 's/^(.*) ((rollback_)?paused)$/\1 stands still (\2): docker service ps --no-trunc \1 says why./p')
[ -z "$wrong" ] || fail "$wrong"
