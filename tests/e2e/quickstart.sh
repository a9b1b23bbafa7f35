#!/bin/bash
# quickstart.sh - ./quickstart --once does what it says: also a second time, and after one that was killed.
set -u
run=$(mktemp -d)
. tests/e2e/lib_check.sh
trap 'rm -rf "$run"' EXIT
last="ok: 3 nodes, 6 keys released, 1 join refused"

once() { ./quickstart --once >"$run/log" 2>&1 && tail -n 1 "$run/log" | grep -qxF "$last" || { tail -n 5 "$run/log"; return 1; }; }
running() { pgrep -f "$PWD/build/quickstart" >/dev/null; }
up() { grep -q 'Ctrl-C stops' "$run/up"; }

check "it works" once
check "nothing is left running" bash -c '! pgrep -f "$0/build/quickstart"' "$PWD"
setsid ./quickstart >"$run/up" 2>&1 &
pid=$!
check "without --once it stays up" within 120 up
check "with its processes" running
check "and names the commands to try" grep -q 'sealring status' "$run/up"
kill -9 $pid
wait $pid 2>/dev/null
check "killed, it leaves processes behind" running
check "and works again" once
check "nothing is left running then" bash -c '! pgrep -f "$0/build/quickstart"' "$PWD"
check "wrong words are a usage error" exits 2 ./quickstart --twice
finish
