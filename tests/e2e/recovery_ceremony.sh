#!/bin/bash
# recovery_ceremony.sh - a network is rotated twice, then every member is gone; two of three holders bring the network back on a fresh machine, one does not,
# and nobody gives anything to a modified node. Real binaries, software TPMs. BUILD is the first argument.
set -u
bin=$(cd "$1" && pwd)
. tests/e2e/lib_tpm.sh
. tests/network.sh
run=$(mktemp -d)
trap 'network_stop; rm -rf "$run"' EXIT
. tests/e2e/lib_check.sh
net=$run/net sealring=$bin/sealring op=$net/operator

network_new "$net" "$bin" && network_machines one workload fresh two || exit 1
mkdir "$run/h"
for who in anna ben; do "$sealring" keygen "$run/h/$who" >/dev/null || exit 1; done # Ed25519
(umask 077 && openssl genrsa -out "$run/h/cleo" 3072 2>/dev/null) && openssl pkey -in "$run/h/cleo" -pubout -out "$run/h/cleo.pub" || exit 1
network_operator --recovery "$run/h/anna.pub" --recovery "$run/h/ben.pub" --recovery "$run/h/cleo.pub" --recovery-t 2 || exit 1
check "genesis with holders" network_genesis one
cid=$(network_cid) bundle=$run/genesis.bundle file=$run/recovery.file
cp "$net/one/genesis.bundle" "$bundle"
check "a workload fetches a derived key" network_fetch one 'demo:app/disk#raw:32' before
old_url=$(net_url one)

# A second policy, so that there is an older one. The first is the one of genesis.
jq -cS '.number = 2 | .previous = $p' --arg p "$("$sealring" policy check --json "$op/policy.json" | jq -r .hash)" "$op/policy.json" >"$run/two.json"
"$sealring" policy sign --yes --node "$old_url" --cid "$cid" --key "$op/operator.key" --out "$run/two.signed" "$run/two.json" >"$run/out" 2>&1 || { cat "$run/out"; exit 1; }
check "policy 2 applies" "$sealring" policy apply --node "$old_url" --cid "$cid" "$run/two.signed"

rotate() { # MACHINE EPOCH: the operator has that member draw the next master, approves it, and it is active
    rm -f "$run/draw" "$run/draw.signed"
    "$sealring" epoch draw --node "$(net_url "$1")" --cid "$cid" --key "$op/operator.key" --out "$run/draw" &&
        "$sealring" epoch sign --cid "$cid" --key "$op/operator.key" --bundle "$bundle" --policy "$run/two.signed" --out "$run/draw.signed" "$run/draw" &&
        "$sealring" epoch submit --node "$(net_url "$1")" --cid "$cid" "$run/draw.signed" && within 60 at_epoch "$1" "$2"
}
at_epoch() { [ "$(curl -sk "$(net_url "$1")/sealring/v1/status" | jq .epoch)" = "$2" ]; }
export_file() { "$sealring" recovery export --json --node "$(net_url "$1")" --cid "$cid" --out "$2" | jq -e ".epoch == $3 and .n == 3 and .t == 2"; }

# Two rotations: whoever kept the file of the first is behind.
check "a recovery file before any rotation" export_file one "$run/first.file" 1
check "the master is rotated" rotate one 2
check "a recovery file" export_file one "$run/older.file" 2
check "and rotated again" rotate one 3
check "a recovery file of the newest epoch" export_file one "$run/exported.file" 3
check "the member keeps the same on its disk" within 20 cmp "$net/one/state/recovery.file" "$run/exported.file"
cp "$net/one/state/recovery.file" "$file" # from here on it is all that anybody has
rm -f "$net/workload/ak.cert"
check "a derived key of epoch 3" network_fetch one 'demo:app/disk@3#raw:32' before.3
for who in anna ben cleo; do
    check "$who's share opens, and the file is of epoch 3" eval '"$sealring" recovery check --json --cid "$cid" --key "$run/h/$who" "$file" | jq -e ".epoch == 3"'
done
check "so it is from the member" eval '"$sealring" recovery check --json --cid "$cid" --key "$run/h/anna" --node "$old_url" | jq -e ".epoch == 3"'
check "a bundle alone shows epoch 1" eval '"$sealring" recovery check --json --cid "$cid" --key "$run/h/anna" "$bundle" | jq -e ".epoch == 1"'
cp "$file" "$run/spoilt.file"
at=$(($(stat -c %s "$file") - 400)) # a sealed master, or the certificate behind it
printf "\\x$(printf %02x $(($(od -An -tu1 -j $at -N 1 "$file") ^ 1)))" | dd of="$run/spoilt.file" bs=1 seek=$at conv=notrunc 2>/dev/null
check "a spoilt file is noticed by who keeps it" reason recovery-file "$sealring" recovery check --cid "$cid" --key "$run/h/anna" "$run/spoilt.file"

share() { # HOLDER REQUEST OUT ARG...: the holder's command
    local who=$1 request=$2 out=$3
    shift 3
    "$sealring" recovery open --cid "$cid" --key "$run/h/$who" --bundle "${held:-$file}" --policy "$run/two.signed" --ceremony "$ceremony" \
        --out "$out" "$@" "$request"
}
certify() { # MACHINE CEREMONY: k operators' word on its AK, for that ceremony
    local at=$net/$1
    rm -f "$at"/enrol.* "$at/ak.cert"
    "$sealring" enroll request --genesis "$op/genesis.json" --cid "$cid" --ceremony "$2" --tcti "$(net_tcti "$1")" --ek-chain "$(tpm_chain)" \
        --out "$at/enrol.request" &&
        "$sealring" enroll challenge --genesis "$op/genesis.json" --cid "$cid" --ceremony "$2" --state "$op/enrol.state" \
            --out "$at/enrol.challenge" "$at/enrol.request" &&
        "$sealring" enroll answer --tcti "$(net_tcti "$1")" --out "$at/enrol.answer" "$at/enrol.request" "$at/enrol.challenge" &&
        "$sealring" enroll certify --genesis "$op/genesis.json" --cid "$cid" --ceremony "$2" --state "$op/enrol.state" --key "$op/ak-ca.key" \
            --hours 2 --out "$at/ak.cert" "$at/enrol.answer"
}
conf() { # ARG...: the fresh machine's, for a recovery
    mkdir -p "$net/fresh/shares"
    net_conf fresh "cid = $cid" "recover = ${recover:-$file}" "recover-policy = $run/two.signed" "recover-ceremony = $ceremony" \
        "recover-ak-cert = $net/fresh/ak.cert" "recover-shares = $net/fresh/shares" "$@"
}
launch() { # PROGRAM: in the background, on the fresh machine, powered on anew
    tpm_stop fresh; tpm_start fresh || return
    rm -rf "$net/fresh/state" "$net/fresh/event-log" "$net/fresh/log" "$net/fresh/shares"/*
    "$bin/sealring-launch" --tcti "$(net_tcti fresh)" --event-log "$net/fresh/event-log" \
        --config-digest "$("$bin/sealring-node" --print-config-digest)" -- "$1" --config "$net/fresh/sealring.conf" >>"$net/fresh/log" 2>&1 &
    echo $! >"$net/fresh/pid"
    net_pids="$net_pids fresh"
}
halt() { kill "$(cat "$net/fresh/pid")" 2>/dev/null; wait "$(cat "$net/fresh/pid")" 2>/dev/null; }
said() { within 20 grep -qE "$1" "$net/fresh/log" || { tail -n 4 "$net/fresh/log"; return 1; }; }
unsaid() { ! grep -qE "$1" "$net/fresh/log"; }
reach() { echo "https://$(sed -n 's/.*msg=ready .*listen=\([^ ]*\).*/\1/p' "$net/fresh/log" | tail -n 1)" >"$net/fresh/url"; }
request=$net/fresh/state/recovery.request
asked() { said msg=recovery-request && [ -s "$request" ]; }

# While a member still answers: a warning, on both sides.
ceremony=$(openssl rand -hex 32)
check "the machine is certified for a ceremony" certify fresh "$ceremony"
conf "join = $old_url"
launch "$bin/sealring-bootstrap"
check "the node asks" asked
check "and warns that a member answers" said msg=recovery-while-member-answers
check "the holder's command warns too" eval 'share anna "$request" "$run/anna.1" --member "$old_url" 2>&1 | grep -q "^warning: .*answers"'
cp "$request" "$run/first.request"
halt

# Everything is lost.
kill -9 "$(cat "$net/one/pid")"; wait "$(cat "$net/one/pid")" 2>/dev/null
tpm_stop one
rm -rf "$net/one" "$net/tpm/one"

# Modified nodes on the same certified machine: one byte, and one that asks although it sees that no policy admits it.
cp "$bin/sealringd" "$run/sealring-bootstrap"
printf '\xff' | dd of="$run/sealring-bootstrap" bs=1 seek=$(($(stat -c %s "$run/sealring-bootstrap") - 1)) conv=notrunc 2>/dev/null
conf
launch "$run/sealring-bootstrap"
check "a modified node sees that no policy admits it, and asks nobody" said 'msg=start-failed .*reason=no-rule'
wait "$(cat "$net/fresh/pid")"
launch "$bin/tests/sealring-bootstrap-eager"
check "one that does not look asks" asked
check "the holder's command refuses its code" reason no-rule share ben "$request" "$run/x"
halt

# Brought back from what was kept before the last rotation, it would be another network for who knows better.
recover=$run/spoilt.file conf
launch "$bin/sealring-bootstrap"
check "a node with a spoilt file asks nobody" said 'msg=start-failed .*reason=recovery-file'
wait "$(cat "$net/fresh/pid")"
for older in "$run/older.file" "$bundle"; do
    recover=$older conf
    launch "$bin/sealring-bootstrap"
    check "a node with an older file asks" asked
    check "holders who know epoch 3 refuse" reason epoch share ben "$request" "$run/x"
    halt
done
conf

launch "$bin/sealring-bootstrap"
check "the honest node asks, all members gone" asked
check "it names epoch 3" said 'msg=recovery-request .*epoch=3'
check "a holder with an older file is told" eval 'held=$run/older.file reason epoch share ben "$request" "$run/x"'
check "one holder" share anna "$request" "$net/fresh/shares/anna"
check "is taken" said 'msg=recovery-share file=anna holder=[123]'
cp "$net/fresh/shares/anna" "$net/fresh/shares/anna-again"
check "not twice" said 'file=anna-again .*reason=recovery-repeated'
check "a share for the session before is refused" eval 'cp "$run/anna.1" "$net/fresh/shares/old"; said "file=old .*reason=recovery-session"'
head -c 145 "$net/fresh/shares/anna" >"$net/fresh/shares/short"
check "half a message is none" said 'file=short .*reason=recovery-format'
mkfifo "$net/fresh/shares/fifo"; ln -s /etc/passwd "$net/fresh/shares/link"
check "a FIFO is not waited for" said 'file=fifo .*error'
check "with one holder it serves nothing" eval 'unsaid msg=ready && ! [ -s "$net/fresh/url" ]'
check "a holder with an older policy is told" eval 'reason policy-old "$sealring" recovery open --cid "$cid" --key "$run/h/ben" --bundle "$file" \
    --policy "$op/policy.json" --ceremony "$ceremony" --out "$run/x" "$request"'
check "the request of the session before is refused in another ceremony" eval 'ceremony=$(openssl rand -hex 32) reason recovery-session share ben "$run/first.request" "$run/x"'
"$sealring" keygen "$run/h/stranger" >/dev/null
check "a stranger has no share" reason recovery-holder share stranger "$request" "$run/x"
check "nothing was written for all that" [ ! -e "$run/x" ]

# The second holder's RSA key stays where it decrypts one thing and knows nothing of networks: here it is OpenSSL.
"$sealring" recovery blob --cid "$cid" --holder "$run/h/cleo.pub" --out "$run/h/blob" "$file" >/dev/null
openssl pkeyutl -decrypt -inkey "$run/h/cleo" -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256 \
    -in "$run/h/blob" -out "$run/h/seed" && chmod 600 "$run/h/seed"
check "with a seed, too, the older policy is refused" eval 'reason policy-old "$sealring" recovery open --cid "$cid" --seed "$run/h/seed" --bundle "$file" \
    --policy "$op/policy.json" --ceremony "$ceremony" --out "$run/x" "$request"'
check "and nothing is written" [ ! -e "$run/x" ]
check "the second holder, by an RSA key" "$sealring" recovery open --cid "$cid" --seed "$run/h/seed" --bundle "$file" --policy "$run/two.signed" \
    --ceremony "$ceremony" --out "$net/fresh/shares/cleo" "$request"
check "the network is back" said msg=ready
check "of the same id" eval '[ "$(sed -n "s/.*msg=ready cid=\([^ ]*\).*/\1/p" "$net/fresh/log")" = "$cid" ]'
reach
rm -f "$net/workload/ak.cert"
check "the workload fetches from it" network_fetch fresh 'demo:app/disk#raw:32' after
check "the same key as before" cmp "$net/before" "$net/after"
check "and that of epoch 3" network_fetch fresh 'demo:app/disk@3#raw:32' after.3
check "the same too" cmp "$net/before.3" "$net/after.3"
check "its log verifies" network_log_verify fresh
check "it is at epoch 3" at_epoch fresh 3
check "and begins with the recovery, by two holders, under policy 2, at epoch 3" eval '"$sealring" log show --json --node "$(net_url fresh)" --cid "$cid" |
    jq -es "[.. | objects | select(.type? == \"recovery\")] | length == 1 and (.[0].keys | length) == 2 and .[0].policy_number == 2 and .[0].epoch == 3"'
pin=$(openssl pkey -pubin -in "$run/h/cleo.pub" -outform DER | sha256sum | cut -d" " -f1)
check "one of them cleo, by the pin of the RSA key" eval '"$sealring" log show --json --node "$(net_url fresh)" --cid "$cid" |
    jq -es "[.. | objects | select(.type? == \"recovery\")] | any(.[0].keys[]; . == \"$pin\")"'
check "its genesis bundle is the old one" eval 'curl -sk "$(net_url fresh)/sealring/v1/genesis" | cmp - "$bundle"'
halt
: >"$net/fresh/log"
sed -i "s|^listen = .*|listen = $(sed 's|https://||' "$net/fresh/url")|" "$net/fresh/sealring.conf" # where others will look for it
"$bin/sealring-launch" --tcti "$(net_tcti fresh)" --event-log "$net/fresh/event-log" --config-digest "$("$bin/sealring-node" --print-config-digest)" \
    -- "$bin/sealring-bootstrap" --config "$net/fresh/sealring.conf" >>"$net/fresh/log" 2>&1 &
echo $! >"$net/fresh/pid"
check "started again with the same options it goes on as a member" said msg=ready
check "without asking anybody" unsaid msg=recovery-request
check "another machine joins" network_join two fresh
check "it is at epoch 3" at_epoch two 3
check "the workload fetches from it" network_fetch two 'demo:app/disk#raw:32' joined
check "the same key" cmp "$net/before" "$net/joined"
check "the network is rotated again" eval 'rotate fresh 4 && within 60 at_epoch two 4'
check "and the new member writes a file of all of it" export_file two "$run/next.file" 4
rm -f "$net/workload/ak.cert"
check "the key is the same for ever" eval 'network_fetch two "demo:app/disk#raw:32" rotated && cmp "$net/before" "$net/rotated"'
finish
