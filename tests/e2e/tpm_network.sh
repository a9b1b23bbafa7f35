#!/bin/bash
# tpm_network.sh - the production daemon on real software TPMs: genesis, a join, a release, a restart from the
# sealed masters, and what must not come up. BUILD is the first argument.
set -u
bin=$(cd "$1" && pwd)
passed=0 failed=0
. tests/e2e/lib_tpm.sh
. tests/network.sh
run=$(mktemp -d)
trap 'network_stop; rm -rf "$run"' EXIT

check() { # what, then a command
    local what=$1
    shift
    if "$@" >"$run/out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $what"
        tail -n 5 "$run/out"
    fi
}
status() { curl -sk "$(net_url "$1")/sealring/v1/status" | jq -e "$2"; }
logged() { # NAME TEXT: within ten seconds
    for _ in $(seq 200); do
        grep -q "$2" "$run/net/$1/log" && return 0
        sleep 0.05
    done
    tail -n 3 "$run/net/$1/log"
    return 1
}
launch() { # NAME: the node as it was configured, in the background
    "$bin/sealring-launch" --tcti "$(net_tcti "$1")" --event-log "$run/net/$1/event-log" --config-digest "$2" \
        -- "$bin/sealring-node" --config "$run/net/$1/sealring.conf" >>"$run/net/$1/log" 2>&1 &
    echo $! >"$run/net/$1/pid"
}

network_new "$run/net" "$bin" || exit 1
for machine in one two workload; do
    network_machine $machine || exit 1
done
check "operators prepare" network_operator
check "genesis on a TPM" network_genesis one
check "its bundle verifies offline" "$bin/sealring" verify-genesis --cid "$(network_cid)" "$run/net/one/genesis.bundle"
middle=$(($(stat -c %s "$run/net/one/genesis.bundle") / 2))
byte=$(od -An -tu1 -j $middle -N 1 "$run/net/one/genesis.bundle")
cp "$run/net/one/genesis.bundle" "$run/bundle"
printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$run/bundle" bs=1 seek=$middle conv=notrunc 2>/dev/null
check "and not with one changed byte" bash -c '! "$@"' sh "$bin/sealring" verify-genesis --cid "$(network_cid)" "$run/bundle"
check "it says that no boot was measured" status one '.measured.boot == "none" and (.warnings | length) > 0'
check "a join" network_join two one
check "a put" bash -c 'printf value | "$@"' sh "$bin/sealring" put --node "$(net_url one)" --cid "$(network_cid)" \
    --tenant demo --key "$run/net/operator/admin.key" app/x
check "a release over TLS, where the policy wants a bound channel" network_fetch one 'demo:app/x' value
check "of the right bytes" test "$(cat "$run/net/value")" = value
check "a derived key from the joined node" network_fetch two 'demo:app/k#raw:32' key

kill -9 "$(cat "$run/net/two/pid")"
wait "$(cat "$run/net/two/pid")" 2>/dev/null
: >"$run/net/two/log"
launch two "$("$bin/sealring-node" --print-config-digest)"
check "after kill -9 it unseals on the same boot" logged two msg=ready
check "without a new join" bash -c '! grep -q join-try "$1"' sh "$run/net/two/log"
kill "$(cat "$run/net/two/pid")"
wait "$(cat "$run/net/two/pid")"

tpm_stop two && tpm_start two # power off and on: PCRs are zero again
rm -f "$run/net/two/event-log"
: >"$run/net/two/log"
launch two "$(printf '1%.0s' $(seq 64))"
check "measured with another configuration, it does not start" logged two reason=config-differs
wait "$(cat "$run/net/two/pid")"

tpm_stop two && tpm_start two
rm -f "$run/net/two/event-log"
cp "$bin/sealringd" "$run/net/two/sealring-node" && printf '\xff' >>"$run/net/two/sealring-node"
: >"$run/net/two/log"
"$bin/sealring-launch" --tcti "$(net_tcti two)" --event-log "$run/net/two/event-log" \
    --config-digest "$("$bin/sealring-node" --print-config-digest)" -- "$run/net/two/sealring-node" \
    --config "$run/net/two/sealring.conf" >>"$run/net/two/log" 2>&1 &
echo $! >"$run/net/two/pid"
check "another executable does not unseal the masters" logged two reason=unseal
wait "$(cat "$run/net/two/pid")"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
