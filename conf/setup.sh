#!/bin/sh
# Installs what Norn builds and tests with, or says what is missing. Usage: setup.sh [packages...]
set -eu
packages="${*:-libgmp-dev liblmdb-dev libpq-dev libsqlite3-dev libssl-dev zlib1g-dev bubblewrap bsdutils iproute2 \
  postgresql procps libpython3.11 python3-numpy g++}"
# Components may be written in Rust; a toolchain that is there already does.
[ $# -gt 0 ] || command -v cargo >/dev/null 2>&1 || packages="$packages cargo"

if ! command -v swift >/dev/null 2>&1; then
  echo "Swift is missing. Norn needs Swift 6.3: install the toolchain for your system from" >&2
  echo "https://www.swift.org/install/linux/ and put its usr/bin on PATH." >&2
  exit 1
fi
found=$(swift --version 2>&1 | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
oldest=$(printf '6.3\n%s\n' "$found" | sort -V | head -n 1)
if [ "$oldest" != "6.3" ]; then
  echo "Swift $found is too old. Norn needs Swift 6.3 or later: https://www.swift.org/install/linux/" >&2
  exit 1
fi

missing=""
for package in $packages; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "Missing:$missing (names of Debian's packages). Install what your system calls them." >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "Missing packages. As root, run: apt-get install -y$missing" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# The tests start a PostgreSQL of their own: the package makes and starts no cluster of the system.
case "$missing " in
*" postgresql "*)
  apt-get install -y -qq --no-install-recommends postgresql-common >/dev/null
  settings=/etc/postgresql-common/createcluster.conf
  if [ -z "$(ls /etc/postgresql 2>/dev/null)" ] && ! grep -qs '^ *create_main_cluster *= *false' "$settings"; then
    echo "create_main_cluster = false" >> "$settings"
  fi
  ;;
esac
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
