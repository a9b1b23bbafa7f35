#!/bin/bash
# good_digest.sh - a modified node that claims the good build's digest on a TPM of its own: it extends the PCR and writes the
# event log by itself. What holds it off is who made the TPM and whose the attestation key is. BUILD is the first argument.
set -u
bin=$(cd "$1" && pwd)
. tests/e2e/lib_tpm.sh
. tests/network.sh
run=$(mktemp -d)
trap 'network_stop; rm -rf "$run"' EXIT
. tests/e2e/lib_check.sh
net=$run/net

network_new "$net" "$bin" && network_machines one two three workload && network_operator || exit 1
# A maker of TPMs that nobody named: two of them, and what it certifies them with.
tpm_init "$run/maker" && tpm_new evil && evil_chain=$(tpm_chain)
mv "$run/maker/evil" "$net/tpm/evil"
TPM_DIR=$net/tpm
mkdir "$net/evil" && tpm_start evil || exit 1
check "genesis" network_genesis one
check "an honest node joins" network_join two one
printf 'the secret' | network_put one app/secret
check "an honest workload fetches" network_fetch one demo:app/secret got

# The modified node, and the digests that the launcher measured of the honest one.
cp "$bin/sealringd" "$run/sealring-node"
printf '\xff' | dd of="$run/sealring-node" bs=1 seek=$(($(stat -c %s "$run/sealring-node") - 1)) conv=notrunc 2>/dev/null
good_pcr() { # MACHINE PROGRAM CONFIG-DIGEST: extends what an honest launch would, in that machine's PCR
    local digest
    for digest in $(python3 tests/e2e/launch_events.py "$2" "$3"); do
        tpm2 "$1" pcrextend "14:sha256=$digest" || return
    done
}
pcr() { tpm2 "$1" pcrread sha256:14 | tr -d ' ' | sed -n 's/^14:0x//p'; }
launched() { kill "$(cat "$net/two/pid")"; wait "$(cat "$net/two/pid")"; pcr two; }
node_pcr=$(launched) config=$("$bin/sealring-node" --print-config-digest)
cp "$net/two/event-log" "$run/node-log"
cp "$net/workload/event-log" "$run/work-log"
for machine in evil three; do good_pcr $machine "$bin/sealringd" "$config" || exit 1; done
check "its PCR says what an honest one's says" [ "$(pcr evil)" = "$node_pcr" -a -n "$node_pcr" ]

# modified MACHINE WANT: the modified node, without the launcher, until it says WANT
modified() {
    local dir=$net/$1 pid rc
    rm -rf "$dir/state" "$dir/log"
    cp "$run/node-log" "$dir/event-log"
    "$run/sealring-node" --config "$dir/sealring.conf" >"$dir/log" 2>&1 &
    pid=$!
    within 20 grep -qE "$2" "$dir/log"
    rc=$?
    kill $pid 2>/dev/null
    wait $pid
    [ $rc = 0 ] || tail -n 3 "$dir/log"
    return $rc
}
net_conf evil "cid = $(network_cid)" "join = $(net_url one)"
check "with certificates of another maker it gets no attestation key certified" modified evil 'msg=join-failed .*reason=certificate-chain'
sed -i "s|^ek-chain = .*|ek-chain = $evil_chain|" "$net/evil/sealring.conf"
check "nor with that maker's own chain" modified evil 'msg=join-failed .*reason=certificate-anchor'
check "the granter says why" grep -qE 'route=/sealring/v1/enrol/challenge.*status=403.*reason=certificate-anchor' "$net/one/log"

# As a workload, which brings its certificate along: of another machine, and of a network of the attacker's own.
steal() { # REASON CERT: the release is refused for that
    cp "$run/work-log" "$net/evil/work-log"
    "$bin/sealring" fetch --json --node "$(net_url one)" --cid "$(network_cid)" --tcti "$(net_tcti evil)" --event-log "$net/evil/work-log" \
        --ek-chain "$evil_chain" --ak-cert "$2" --out "$run/stolen" demo:app/secret >"$run/said" 2>&1 && return 1
    [ ! -e "$run/stolen" ] && grep -q "\"reason\":\"$1\"" "$run/said" || { tail -n 3 "$run/said"; return 1; }
}
tpm_stop evil && tpm_start evil
good_pcr evil "$bin/sealring" "" || exit 1
cp "$net/workload/ak.cert" "$run/copied.cert"
check "with an honest machine's certificate, its quote is nobody's" steal quote-signature "$run/copied.cert"
certify() { # an enrolment of its own, by a genesis that names its own maker
    local op=$net/evil/operator at=$net/evil
    mkdir -p "$op" && cp "$net/operator/policy.json" "$op" &&
        "$bin/sealring" keygen "$op/operator.key" && "$bin/sealring" keygen "$op/ak-ca.key" &&
        "$bin/sealring" genesis prepare --operator "$op/operator.key.pub" --k 1 --ak-ca "$op/ak-ca.key.pub" --ak-ca-k 1 \
            --tpm-root "$(TPM_DIR=$run/maker; tpm_root)" --policy "$op/policy.json" --out "$op/genesis.json" &&
        "$bin/sealring" enroll request --genesis "$op/genesis.json" --tcti "$(net_tcti evil)" --ek-chain "$evil_chain" --out "$at/request" &&
        "$bin/sealring" enroll challenge --genesis "$op/genesis.json" --state "$op/state" --out "$at/challenge" "$at/request" &&
        "$bin/sealring" enroll answer --tcti "$(net_tcti evil)" --out "$at/answer" "$at/request" "$at/challenge" &&
        "$bin/sealring" enroll certify --genesis "$op/genesis.json" --state "$op/state" --key "$op/ak-ca.key" --out "$at/own.cert" "$at/answer"
}
check "its own operators certify its key" certify
# The command sees that it is of another network and asks for one of this; a client that shows it all the same is the row
# own_ak_ca of tests/attacks/attack_evidence.c.
check "which is worth nothing in this network" steal certificate-anchor "$net/evil/own.cert"

# The control: the claim itself is right. On a TPM of the maker that genesis names, only a policy on the boot chain's PCRs
# would refuse it (specs/measurement.md, the first table): software TPMs have no boot chain.
net_conf three "cid = $(network_cid)" "join = $(net_url one)"
check "but for the TPM, the claim would have done" modified three 'msg=ready'
check "and it shows: no measured boot" eval 'curl -sk "$(net_url one)/sealring/v1/status" | jq -e ".warnings | any(test(\"boot\"))"'
finish
