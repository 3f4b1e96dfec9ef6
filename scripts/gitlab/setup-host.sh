#!/usr/bin/env bash
# Prepare this host for the pipeline: an account that may deploy, and nothing else. Run as root; again changes nothing.
#   scripts/gitlab/setup-host.sh PUBLIC_KEY_FILE [HOSTNAME]
# The checkout that this script is in is what is deployed to; docs/gitlab.md says what comes before and after.
set -euo pipefail
key_file=${1:?the file with the public key of the pipeline} host=${2:-$(hostname -f 2>/dev/null || hostname)}
cd "$(dirname "$0")/../.."
project=$PWD account=${DEPLOY_ACCOUNT:-deploy}
[[ $EUID == 0 ]] || { echo "This has to run as root: sudo $0 $*" >&2; exit 1; }
if grep -q 'PRIVATE KEY' "$key_file"; then
  echo "$key_file is the private key, which belongs to GitLab alone: give the file that ends with .pub." >&2
  exit 1
fi
ssh-keygen -l -f "$key_file" >/dev/null || { echo "$key_file is no public key." >&2; exit 1; }
key=$(head -n 1 "$key_file")
for program in git flock sshd; do
  command -v "$program" >/dev/null || { echo "$program is missing: install git, util-linux and openssh-server." >&2; exit 1; }
done

id "$account" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$account"
usermod --password '*' "$account" # no password opens it
if getent group docker >/dev/null; then
  usermod --append --groups docker "$account"
else
  echo "There is no group docker: install Docker Engine, then run this again." >&2
fi
home=$(getent passwd "$account" | cut -d: -f6)
install -d -m 700 -o "$account" -g "$account" "$home/.ssh"
line="restrict,command=\"$project/scripts/gitlab/server.sh\" $key"
# The only line: whoever had a key before has none now.
if [[ $(cat "$home/.ssh/authorized_keys" 2>/dev/null) != "$line" ]]; then
  printf '%s\n' "$line" >"$home/.ssh/authorized_keys.new"
  chown "$account:$account" "$home/.ssh/authorized_keys.new"
  chmod 600 "$home/.ssh/authorized_keys.new"
  mv "$home/.ssh/authorized_keys.new" "$home/.ssh/authorized_keys"
fi
# git reads a checkout of somebody else only where that is allowed.
if ! runuser -u "$account" -- env HOME="$home" git config --global --get-all safe.directory | grep -qxF "$project"; then
  runuser -u "$account" -- env HOME="$home" git config --global --add safe.directory "$project"
  runuser -u "$account" -- env HOME="$home" git config --global --add safe.directory "$project/.git"
fi
for file in docker-compose.yml .env; do
  if [[ -e $project/$file ]] && ! runuser -u "$account" -- test -r "$project/$file"; then
    echo "The account $account cannot read $project/$file: let it (chgrp $account, chmod g+r), or move the checkout to /opt." >&2
    exit 1
  fi
done

echo "Variable DEPLOY_HOST: $host"
echo "Variable DEPLOY_USER: $account"
echo "Variable DEPLOY_KNOWN_HOSTS (of type file):"
for public in /etc/ssh/ssh_host_*_key.pub; do
  echo "$host $(cut -d ' ' -f 1,2 "$public")"
done
