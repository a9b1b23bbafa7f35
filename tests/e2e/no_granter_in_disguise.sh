#!/bin/bash
# no_granter_in_disguise.sh - the bootstrap node is killed and its disk deleted; a fourth node joins through the
# third, serves a secret that was stored before it existed, and the same derived keys; its log verifies.
set -u
bin=$(cd "$1" && pwd) run=$(mktemp -d)
. tests/e2e/lib_tpm.sh
. tests/network.sh
. tests/e2e/lib_check.sh
trap 'network_stop; rm -rf "$run"' EXIT
net=$run/net

member_count() { [ "$(curl -sk "$(net_url "$1")/sealring/v1/status" | jq '.members | length')" -eq "$2" ]; }
pcr14() { curl -sk "$(net_url "$1")/sealring/v1/status" | jq -r '.measured["pcr.14"]'; }
same() { cmp "$net/$1" "$net/$2"; }
kill_node() { # NAME: no goodbye
    local pid
    pid=$(cat "$net/$1/pid")
    kill -9 "$pid" && wait "$pid" 2>/dev/null
    rm -f "$net/$1/pid"
}

network_new "$net" "$bin" && network_machines one two three four workload && network_operator || exit 1
check "genesis" network_genesis one
check "node two joins through one" network_join two one
check "node three joins through two" network_join three two
printf 'stored before four existed' >"$run/secret"
check "a secret is stored at one" network_put one app/old <"$run/secret"
check "it reaches three" within 20 network_fetch three 'demo:app/old' old.three
check "a derived key before" network_fetch one 'demo:app/id#p256' id.before

bundle=$net/bundle
check "the genesis bundle is served by a node that joined" curl -skf -o "$bundle" "$(net_url three)/sealring/v1/genesis"
kill_node one
rm -rf "$net/one/state"
tpm_stop one
check "with the bootstrap node gone, a fourth node joins through three" network_join four three
check "the fourth serves the secret that is older than itself" within 20 network_fetch four 'demo:app/old' old.four
check "and it is that secret" cmp "$run/secret" "$net/old.four"
check "the fourth derives the same key" network_fetch four 'demo:app/id#p256' id.after
check "byte for byte" same id.before id.after
check "its log verifies" network_log_verify four
check "three's log verifies" network_log_verify three
check "the fourth knows every member" within 20 member_count four 4
check "a secret stored at the fourth reaches two" bash -c 'printf new | "$0" put --node "$1" --cid "$2" --tenant demo --key "$3" app/new' \
    "$bin/sealring" "$(net_url four)" "$(network_cid)" "$net/operator/admin.key"
check "within seconds" within 20 network_fetch two 'demo:app/new' new.two
check "genesis still verifies offline, from the copy that a joined node gave" \
    "$bin/sealring" verify-genesis --cid "$(network_cid)" "$bundle"

# Restarts: what was acknowledged is there, the log goes on, nothing is measured twice.
check "the log's head is kept" "$bin/sealring" log verify --node "$(net_url three)" --cid "$(network_cid)" --checkpoint "$run/head"
pcr=$(pcr14 three)
kill_node three
: >"$net/three/log"
check "killed without warning, three starts again" net_start three "$bin/sealring-node"
check "as a member, with the same secret" network_fetch three 'demo:app/old' old.again
check "byte for byte again" same old.three old.again
check "its log extends the one seen before" "$bin/sealring" log verify --node "$(net_url three)" --cid "$(network_cid)" --checkpoint "$run/head"
check "nothing was measured a second time" test "$(pcr14 three)" = "$pcr"

# What must not come up.
kill_node four
cp "$bin/sealringd" "$net/four/other" && printf '\x01' >>"$net/four/other"
check "another build on the same machine does not open the masters" bash -c '
    ! timeout 20 "$0/sealring-launch" --tcti "$1" --event-log "$2/event-log" --config-digest "$("$0/sealring-node" --print-config-digest)" \
        -- "$2/other" --config "$2/sealring.conf"' "$bin" "$(net_tcti four)" "$net/four"
finish
