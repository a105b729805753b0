#!/usr/bin/env bash
# One turn of the tests: swift test with these arguments, over the staged tree. A turn has a limit, and one that comes to
# it names the tests that hang. Usage: turn.sh [arguments of swift test...]
set -uo pipefail
cd "$(dirname "$0")/.."
turn_seconds=${NORN_TURN_SECONDS:-1500}
export NORN_STAGE="$PWD/.build/stage/debug" NORN_TEST_TIMEOUT_SECONDS=${NORN_TEST_TIMEOUT_SECONDS:-600} NO_COLOR=1
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# A terminal, so that each line comes when it is printed: what a hanging turn had said would otherwise be lost.
arguments=$(printf ' %q' "$@")
timeout --kill-after=10 "$turn_seconds" \
  script --quiet --return --command "swift test --skip-build$arguments" /dev/null </dev/null |
  sed --unbuffered 's/\r$//' | tee "$log"
status=${PIPESTATUS[0]}

if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
  echo "This turn had not ended after $turn_seconds s. These tests were running:"
  names() { sed -En "s/^.. (Test [^ ]*\)).* $1.*/\1/p" "$log" | sort -u; }
  comm -23 <(names started) <(names '(passed|failed) after') | sed 's/^/  /'
  ps -eo pid,ppid,etimes,stat,args --forest | cut -c 1-160
fi
exit "$status"
