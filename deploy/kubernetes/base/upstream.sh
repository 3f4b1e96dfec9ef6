# Before NGINX starts: fill in the server of names and the domain that Kubernetes has given this pod.
# NGINX asks for whole names only: of itself it knows neither.
set -eu
MARQUEE_RESOLVER=$(awk '$1 == "nameserver" { print $2; exit }' /etc/resolv.conf)
case $MARQUEE_RESOLVER in *:*) MARQUEE_RESOLVER="[$MARQUEE_RESOLVER]" ;; esac
MARQUEE_DOMAIN=$(awk '$1 == "search" { print $2; exit }' /etc/resolv.conf)
export MARQUEE_RESOLVER MARQUEE_DOMAIN
mkdir -p /edge/upstream /edge/static /edge/logs
# shellcheck disable=SC2016 # names for envsubst, which leaves all other variables to NGINX
envsubst '${MARQUEE_RESOLVER} ${MARQUEE_DOMAIN} ${MARQUEE_SALT}' </etc/marquee/upstream.conf >/edge/upstream/upstream.conf
