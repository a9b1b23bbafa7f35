#!/bin/bash
# tpm_hang.sh - a member whose TPM takes commands and never answers: it says so, refuses at once, comes back, and stops.
set -u
. tests/e2e/lib_tpm.sh
. tests/network.sh
bin=$(realpath "$1")
run=$(mktemp -d)
. tests/e2e/lib_check.sh
trap 'kill $(jobs -p) 2>/dev/null; network_stop; rm -rf "$run"' EXIT
network_new "$run/net" "$bin" && network_machines one two && network_operator || { echo "0 passed, 1 failed"; exit 1; }
# The stand-in takes the place of the TPM's socket.
mv "$run/net/tpm/one/s" "$run/net/tpm/one/real"
python3 tests/e2e/tpm_between.py "$run/net/tpm/one/s" "$run/net/tpm/one/real" --hang "$run/hang" &
within 5 [ -S "$run/net/tpm/one/s" ]
log=$run/net/one/log
logs() { grep -q "$@" "$log"; }
stop() { # SECONDS: SIGTERM ends the node, and well
    local pid
    pid=$(cat "$run/net/one/pid")
    kill "$pid"
    within "$1" gone "$pid" && wait "$pid"
}
gone() { ! kill -0 "$1" 2>/dev/null || [ "$(cut -d' ' -f3 "/proc/$1/stat")" = Z ]; }
warns() { curl -sk --max-time 5 "$(net_url one)/sealring/v1/status" | jq -e '.warnings | any(startswith("the platform failed"))'; }
quick() { # the answer of GET PATH comes in a second
    curl -sk --max-time 1 -o /dev/null -w '%{http_code}' "$(net_url one)$1"
}
healthy() { [ "$(curl -sk "$(net_url one)/metrics" | sed -n 's/^sealring_platform_healthy //p')" = "$1" ]; }

check "genesis over the stand-in" network_genesis one
check "it stops" stop 10
printf 'quote-ms = 1000\n' >>"$run/net/one/sealring.conf"
: >"$log"
check "it starts again, with a shorter deadline" net_start one "$bin/sealring-bootstrap"
check "nothing is wrong yet" healthy 1

touch "$run/hang"
net_conf two "cid = $(network_cid)" "join = $(net_url one)"
"$bin/sealring-launch" --tcti "$(net_tcti two)" --event-log "$run/net/two/event-log" --config-digest \
    "$("$bin/sealring-node" --print-config-digest)" -- "$bin/sealring-node" --config "$run/net/two/sealring.conf" 2>>"$run/net/two/log" &
echo $! >"$run/net/two/pid"
net_pids="$net_pids two"
check "a join makes it notice" within 15 logs msg=platform-failed
check "the joiner is told that it is the platform, and tries again" within 15 grep -q 'msg=join-failed.*reason=tpm' "$run/net/two/log"
check "the request was a clean 503" within 5 logs 'route=.*join.*status=503.*reason=tpm'
check "status warns" warns
check "metrics say so" healthy 0
check "everything else answers at once" [ "$(quick /healthz) $(quick /sealring/v1/genesis)" = "200 200" ]
check "it is said once" [ "$(grep -c msg=platform-failed "$log")" = 1 ]

rm "$run/hang"
check "when the TPM answers again, so does the node" within 20 logs msg=platform-answers
check "and the joiner gets in" within 40 grep -q msg=ready "$run/net/two/log"
check "the warning is gone" [ "$(warns)" = false ]

touch "$run/hang"
check "over a hanging TPM it stops all the same" stop 10
cp "$log" "$log.stopped"
before=$SECONDS
check "and does not start" exits 1 timeout 30 "$bin/sealring-bootstrap" --config "$run/net/one/sealring.conf"
check "within its deadline" [ $((SECONDS - before)) -le 10 ]
[ -z "${KEEP:-}" ] || cp -r "$run/net" "$KEEP"
finish
