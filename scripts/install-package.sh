#!/usr/bin/env bash
# Make sure that a program or a shared library is there, from the system's packages:
#   install-package.sh PACKAGE PROGRAM        install-package.sh PACKAGE LIBRARY.so.N
# Does nothing when it is. A service that the package brings is neither started nor left enabled.
# Needs root on Debian or Ubuntu; says what to type when it cannot go on.
set -euo pipefail
package=$1 program=$2
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
present() {
  case $program in
    *.so.*) ldconfig -p | grep -F "$program" >/dev/null ;;
    *) command -v "$program" >/dev/null ;;
  esac
}
if present; then exit 0; fi

if ! command -v apt-get >/dev/null; then
  echo "$program is missing and this is not Debian or Ubuntu: install it with your package manager." >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  here="bash '$(cd "$(dirname "$0")" && pwd)/$(basename "$0")' $package $program"
  echo "$program is missing and installing it needs root. Type this, then try again:" >&2
  if command -v sudo >/dev/null; then echo "  sudo $here" >&2; else echo "  su -c \"$here\"" >&2; fi
  exit 1
fi

# invoke-rc.d asks policy-rc.d before it starts a service: 101 means "not allowed".
policy=/usr/sbin/policy-rc.d
kept=$(mktemp -d)
restore() {
  rm -f "$policy"
  if [ -e "$kept/policy-rc.d" ]; then mv "$kept/policy-rc.d" "$policy"; fi
  rm -rf "$kept"
}
trap restore EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
if [ -e "$policy" ]; then mv "$policy" "$kept/"; fi
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

apt() {
  if ! DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 "$@" >"$kept/log" 2>&1; then
    tail -n 20 "$kept/log" >&2
    echo "apt-get $* failed: see above, then try again." >&2
    exit 1
  fi
}
echo "Installing $package from the system's packages ..."
apt update
apt install -y --no-install-recommends "$package"
# Installed is also enabled: without this a service would start at the next boot.
while read -r unit; do
  if [ -n "$unit" ]; then
    update-rc.d "$unit" disable >/dev/null 2>&1 || true
    rm -f "/etc/systemd/system/multi-user.target.wants/$unit.service"
  fi
done < <(dpkg -L "$package" "$package-common" 2>/dev/null | sed -n 's,^.*/systemd/system/\([^/]*\)\.service$,\1,p' || true)

if ! present; then
  echo "$package is installed but $program is still not to be found; PATH is $PATH" >&2
  exit 1
fi
