#!/bin/bash
# compromise.sh - specs/epochs.md, "After a compromise", to the letter: a network on software TPMs, one member of which belongs to
# a thief, who has kept its disk and runs it when it likes. Expelled, epoch withdrawn, master rotated: the thief gets nothing of what
# comes after. BUILD is the first argument.
set -u
bin=$(cd "$1" && pwd)
. tests/e2e/lib_tpm.sh
. tests/network.sh
run=$(mktemp -d)
trap 'network_stop; rm -rf "$run"' EXIT
. tests/e2e/lib_check.sh
net=$run/net op=$run/net/operator

status() { curl -sk -m 5 "$(net_url "$1")/sealring/v1/status" | jq -er "$2"; }
said() { grep -q "$2" "$net/$1/log"; }
ended() { ! kill -0 "$(cat "$net/$1/pid")" 2>/dev/null; }
kill_9() { kill -9 "$(cat "$net/$1/pid")" 2>/dev/null; wait "$(cat "$net/$1/pid")" 2>/dev/null; }
no() { ! "$@"; }
# A node as it was configured, whether or not it gets anywhere.
launch() {
    local dir=$net/$1
    : >"$dir/log"
    "$bin/sealring-launch" --tcti "$(net_tcti "$1")" --event-log "$dir/event-log" \
        --config-digest "$("$bin/sealring-node" --print-config-digest)" -- "$bin/sealring-node" --config "$dir/sealring.conf" \
        >>"$dir/log" 2>&1 &
    echo $! >"$dir/pid"
    net_pids="$net_pids $1"
}
# What was on the third member's disk when it was stolen, on that disk again.
stolen_disk() { rm -rf "$net/$1/state" && cp -a "$run/stolen" "$net/$1/state"; }
# The commands of the page's block that begins with that line, each of which must succeed.
page() {
    local line n=0
    while IFS= read -r line; do
        n=$((n + 1))
        (cd "$run/desk" && set -o pipefail && eval "$line") || { echo "fails: $line"; return 1; }
    done < <(awk -v first="$1" '/^```sh$/ { begins = 1; next } /^```$/ { on = 0; next }
        begins { on = index($0, first) == 1; begins = 0 } on' specs/epochs.md)
    [ $n -gt 0 ]
}

network_new "$net" "$bin" && network_machines one two three four five workload && network_operator || exit 1
check "genesis" network_genesis one
check "joins" network_join two one
check "the thief's" network_join three two
mkdir "$run/desk" && cp "$op/operator.key" "$op/admin.key" "$net/one/genesis.bundle" "$run/desk" || exit 1
printf old >"$run/value"
check "a put" bash -c '"$@" <"$0"' "$run/value" "$bin/sealring" put --node "$(net_url one)" --cid "$(network_cid)" --tenant demo --key "$op/admin.key" app/x
check "the third has it" within 20 network_fetch three demo:app/x got
check "a derived key before" network_fetch one 'demo:app/k#raw:32' key.before
check "all are members" within 20 status one '.members | length == 3'

# Its owner stops it, keeps its disk, and lets it hear of nothing.
export SEALRING_CID SEALRING_NODE MEMBER NEXT=2 VALUE=new PATH=$bin:$PATH
SEALRING_CID=$(network_cid) SEALRING_NODE=$(net_url one)
MEMBER=$(status three '.id as $id | .members[] | select(.id == $id) | .key')
sed -i "s|^listen = .*|listen = $(net_url three | sed 's|https://||')|" "$net/three/sealring.conf"
kill_9 three
cp -a "$net/three/state" "$run/stolen"
check "the certificate of its TPM" tpm2 three nvread -C o -o "$run/desk/ek.der" 0x01c00002

check "expelled, withdrawn" page 'openssl x509'
check "the others have that policy" within 30 status two '.policy.number == 2'
check "which says withdrawn" status two '.epochs[0].state == "withdrawn"'
for m in one two; do
    check "$m serves nothing of epoch 1" reason epoch "$bin/sealring" fetch --node "$(net_url $m)" --tcti "$(net_tcti workload)" \
        --event-log "$net/workload/event-log" --ek-chain "$(tpm_chain)" --ak-cert "$net/workload/ak.cert" --out "$run/none" demo:app/x
done

# Pending at one of two: now the thief tries.
check "drawn, and in the log" page 'sealring epoch draw'
kill -STOP "$(cat "$net/two/pid")"
check "approved, handed in" page 'sealring policy show'
check "not in use by one" status one '.epoch == 1 and .epochs[1].state == "pending"'
launch three
check "the expelled member, as its disk was, comes back and ends" within 60 ended three
check "as it must" said three msg=expelled
check "without the next master" no said three 'msg=epoch-held\|msg=epoch-active'
kill -CONT "$(cat "$net/two/pid")"
check "in use" page 'until'
check "at the second too" within 60 status two '.epoch == 2'
check "the first epoch is withdrawn" status two '[.epochs[] | {epoch, state}] == [{epoch: 1, state: "withdrawn"}, {epoch: 2, state: "active"}]'
check "what tenants do" page 'printf %s "$VALUE"'

# The whole disk once more, after the switch: on its own machine, on another one; and without it.
stolen_disk three
launch three
check "the stolen disk, started again, ends" within 60 ended three
check "as it must" said three msg=expelled
check "at epoch 1" no said three 'msg=epoch-held\|msg=epoch-active'
rm -rf "$net/three/state"
sed -i '/^join = /d' "$net/three/sealring.conf" && echo "join = $(net_url one)" >>"$net/three/sealring.conf"
launch three
check "its machine, as a new member, is refused" within 60 said three 'reason=expelled'
kill_9 three
net_conf four "cid = $(network_cid)" "join = $(net_url one)"
stolen_disk four
launch four
check "another machine does not open that disk" within 60 said four reason=unseal
check "and does not serve" no said four msg=ready
kill_9 four

# The network goes on.
for m in one two; do
    check "$m gives the new value" within 20 network_fetch $m demo:app/x got
    check "which is it" test "$(cat "$net/got")" = new
    check "$m derives as before" network_fetch $m 'demo:app/k#raw:32' key.after
    check "byte for byte" cmp "$net/key.before" "$net/key.after"
    check "and a version that the thief can not make" network_fetch $m 'demo:app/k@2#raw:32' key.$m
done
check "the same at both" cmp "$net/key.one" "$net/key.two"
check "and another one" exits 1 cmp -s "$net/key.one" "$net/key.before"
check "who is not expelled joins" network_join five two
check "at epoch 2" status five '.epoch == 2'
check "and serves" within 20 network_fetch five demo:app/x got
check "nobody lists a certificate of epoch 1 that counts" status one '[.members[] | select(.epoch == 2) | .address] | length == 3'
for m in one two; do check "the log of $m verifies" network_log_verify $m; done
finish
