#!/bin/sh
# What README.md tells an author to do, done: usage: authors.sh c|cpp|rust|swift|python|languages|numpy
# `norn` is the first on PATH. Works in a folder of its own and leaves nothing. `languages` runs one job whose guest is
# in Swift and whose host is in Python, each at a site of its own.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/norn-authors-XXXXXX")
sites=""
trap 'for site in $sites; do kill "$site" 2>/dev/null || true; done; wait; rm -rf "$work"' EXIT
cd "$work"

say() { echo "== $*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }

# The value of a member that is a text or a number, of the first object that has it.
member() { sed -n "s/.*\"$1\" : \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" | head -n 1; }

build() { # language
  case $1 in
  c | cpp) make ;;
  rust) cargo build --release --offline ;;
  swift) swift build -c release ;;
  python) ;;
  esac
}

# Makes, builds, checks, runs and packs the component in one language; the bundle is $work/LANGUAGE.nornplugin.
author() { # language
  say "$1: new"
  norn component new row-total --lang "$1" --folder "$1"
  cd "$1"
  say "$1: build"
  build "$1"
  if norn component --help | grep -q '^  check '; then
    say "$1: check"
    norn component check .
  fi
  say "$1: run"
  norn component run . --party guest:9999=data/guest.csv --party host:10000=data/host.csv >run.txt || {
    cat run.txt
    fail "the run of $1 did not succeed"
  }
  grep -q 'total = 7' run.txt || fail "the run of $1 counted otherwise: $(cat run.txt)"
  say "$1: pack"
  [ -f ../publisher.key ] || norn key new ../publisher.key
  norn component pack . --key ../publisher.key --output "../$1.nornplugin"
  cd ..
}

start_site() { # name, party ids; the home is $work/NAME
  norn serve --home "$work/$1" --port 0 --federation-host 127.0.0.1 --federation-port 0 --parties "$2" \
    >"$work/$1.log" 2>&1 &
  sites="$sites $!"
  tries=0
  until [ -f "$work/$1/run/site.json" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || fail "site $1 did not start: $(cat "$work/$1.log")"
    sleep 0.1
  done
}

install_and_count() { # language
  say "$1: install"
  export NORN_HOME="$work/site"
  start_site site 9999,10000
  norn component install "$1.nornplugin"
  say "$1: job"
  norn data upload "$1/data/guest.csv" --namespace row_total --name guest --party 9999
  norn data upload "$1/data/host.csv" --namespace row_total --name host --party 10000
  norn job submit --dsl "$1/job/dsl.json" --conf "$1/job/conf.json" --watch >job.txt || {
    cat job.txt
    fail "the job of $1 did not succeed"
  }
  grep -q 'total = 7' job.txt || fail "the job of $1 counted otherwise: $(cat job.txt)"
}

# Two sites that trust each other: the guest's component is in Swift, the host's in Python.
two_languages() {
  author swift
  author python
  for site in guest host; do norn site init --home "$work/$site" --name $site >/dev/null; done
  start_site guest 9999
  start_site host 10000
  trust guest host 10000
  trust host guest 9999
  say "languages: install Swift at the guest, Python at the host"
  norn component install swift.nornplugin --home "$work/guest"
  norn component install python.nornplugin --home "$work/host"
  norn data upload swift/data/guest.csv --namespace row_total --name guest --party 9999 --home "$work/guest"
  norn data upload python/data/host.csv --namespace row_total --name host --party 10000 --home "$work/host"
  norn data grant --namespace row_total --name host --to 9999 --home "$work/host"
  say "languages: job"
  norn job submit --dsl swift/job/dsl.json --conf swift/job/conf.json --watch --home "$work/guest" >job.txt || {
    cat job.txt
    fail "the job of two languages did not succeed"
  }
  grep -q 'total = 7' job.txt || fail "the job of two languages counted otherwise: $(cat job.txt)"
}

trust() { # at, peer, the peer's party
  status=$(norn site status --json --home "$work/$2")
  pin=$(echo "$status" | member pin)
  port=$(echo "$status" | member port)
  norn site trust "$2" --home "$work/$1" --pin "$pin" --parties "$3" --address "https://127.0.0.1:$port"
}

# Tables as NumPy's arrays, in and out.
with_numpy() {
  say "numpy: run"
  norn component run "$here/column-means" --transform --party guest:9999="$here/column-means/guest.csv" >run.txt || {
    cat run.txt
    fail "the run with NumPy did not succeed"
  }
  grep -q 'mean_x0 = 2.5' run.txt || fail "the means are others: $(cat run.txt)"
  grep -q 'mean_x1 = 25' run.txt || fail "the means are others: $(cat run.txt)"
}

case ${1:-} in
c | cpp | rust | swift | python)
  author "$1"
  install_and_count "$1"
  ;;
languages) two_languages ;;
numpy) with_numpy ;;
*) fail "usage: authors.sh c|cpp|rust|swift|python|languages|numpy" ;;
esac
say "$1: done"
