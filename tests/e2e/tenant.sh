#!/bin/bash
# tenant.sh - secrets, keys and policies as tenants, workloads and operators use them, by the real command on a
# real network; and the command's own promises: exit codes, JSON, files.
set -u
bin=$(cd "$1" && pwd) run=$(mktemp -d)
. tests/e2e/lib_tpm.sh
. tests/network.sh
. tests/e2e/lib_check.sh
trap 'network_stop; rm -rf "$run"' EXIT
net=$run/net

network_new "$net" "$bin" && network_machines one two workload && network_operator || exit 1
check "genesis" network_genesis one
check "a second node joins" network_join two one
one=$(net_url one) two=$(net_url two) cid=$(network_cid) op=$net/operator
sealring() { "$bin/sealring" "$@"; }
put() { sealring put --node "$1" --cid "$cid" --tenant demo --key "$op/admin.key" --from "$2" "$3"; }
fetch() { # NODE-URL WANT...: attested, to $net/got
    rm -f "$net/got"
    "$bin/sealring-launch" --tcti "$(net_tcti workload)" --event-log "$net/workload/event-log" -- "$bin/sealring" fetch \
        --node "$1" --cid "$cid" --tcti "$(net_tcti workload)" --event-log "$net/workload/event-log" \
        --ek-chain "$(tpm_chain)" --ak-cert "$net/workload/ak.cert" "${@:2}"
}
got() { fetch "$1" --out "$net/got" "$2" && cmp "$net/got" "$3"; }
refused() { # REASON NODE-URL WANT...
    local want=$1
    shift
    reason "$want" fetch "$@"
}
listed() { sealring list --node "$1" --cid "$cid" --tenant demo --key "$op/admin.key" | grep -qx "$2"; }
versions() { sealring list --json --node "$1" --cid "$cid" --tenant demo --key "$op/admin.key" | jq -r ".packages[] | select(.path == \"$2\") | .version"; }

# Secrets
for v in 1 2 3; do echo "value $v" >"$run/v$v"; done
for v in 1 2 3; do check "version $v is put" put "$one" "$run/v$v" app/db; done
check "the newest is fetched" got "$one" demo:app/db "$run/v3"
check "an older one by its number" got "$one" demo:app/db@2 "$run/v2"
check "the other node has it within seconds" within 20 got "$two" demo:app/db "$run/v3"
check "the list says so" listed "$two" "app/db version 3"
check "a version that never was is not found" refused not-found "$one" demo:app/db@9
check "a secret that never was is not found" refused not-found "$one" demo:app/none
head -c 65536 /dev/urandom >"$run/large"
check "64 KiB are put" put "$two" "$run/large" app/large
check "and fetched, byte for byte" got "$two" demo:app/large "$run/large"
head -c 65537 /dev/urandom >"$run/larger"
check "one byte more is not" exits 2 put "$two" "$run/larger" app/larger
sealring keygen "$run/stranger" >/dev/null
check "a key that is no administrator's may not put" reason forbidden sealring put --node "$one" --cid "$cid" --tenant demo \
    --key "$run/stranger" --from "$run/v1" app/db
check "nor list" reason forbidden sealring list --node "$one" --cid "$cid" --tenant demo --key "$run/stranger"
check "a tenant that is none is refused" reason forbidden sealring put --node "$one" --cid "$cid" --tenant other \
    --key "$op/admin.key" --from "$run/v1" app/db
check "a secret is deleted" sealring delete --node "$two" --cid "$cid" --tenant demo --key "$op/admin.key" app/db
check "then it is not released" refused package-deleted "$two" demo:app/db
check "nor is an older version" refused package-deleted "$two" demo:app/db@2
check "nor by the other node, within seconds" within 20 refused package-deleted "$one" demo:app/db
check "it can be put anew" put "$one" "$run/v1" app/db
check "what was deleted stays deleted" refused not-found "$one" demo:app/db@2
check "as the next version" test "$(versions "$one" app/db | sort -n | tail -n 1)" = 5

# Keys
for kind in ed25519 x25519 p256 secp256k1; do
    check "$kind: fetched" fetch "$one" --out "$net/got" "demo:app/id#$kind"
    cp "$net/got" "$run/private" 2>/dev/null
    public=$(sealring derive --public --node "$two" --cid "$cid" "demo:app/id#$kind")
    check "$kind: the public half needs no attestation and belongs to it" python3 tests/e2e/public_half.py "$kind" "$run/private" "$public"
    check "$kind: the other node derives the same" got "$two" "demo:app/id#$kind" "$run/private"
done
for size in 16 32 64; do
    check "raw:$size: fetched" fetch "$one" --out "$net/got" "demo:app/k#raw:$size"
    check "raw:$size: is so long" test "$(stat -c %s "$net/got")" = $size
done
check "raw:15 is no size" exits 2 fetch "$one" --out "$net/got" "demo:app/k#raw:15"
check "raw:65 neither" exits 2 fetch "$one" --out "$net/got" "demo:app/k#raw:65"
check "several at once" fetch "$one" --out-dir "$run" demo:app/db 'demo:app/k#raw:32'
check "are one file each, 0600" test "$(stat -c %a "$run/demo_app_db.secret" "$run/demo_app_k.raw" | sort -u)" = 600
check "all or nothing: one that is denied denies all" refused key-denied "$one" demo:app/db demo:secret/x
check "another path is denied" refused key-denied "$one" demo:secret/x
check "another tenant is unknown" refused tenant-unknown "$one" other:app/db

# Policies
hash() { sealring policy check --json "$1" | jq -r .hash; }
next() { # FILE NUMBER PREVIOUS FILTER: from the first policy
    jq -cS --argjson n "$2" --arg p "$3" ".number = \$n | .previous = \$p | $4" "$op/policy.json" >"$1"
}
apply() { sealring policy apply --node "$1" --cid "$cid" "${@:2}"; }
sign() { sealring policy sign --yes --node "$one" --key "$2" --cid "$cid" --out "$3" "$1" "${@:4}"; }
forge() { python3 tests/e2e/policy_forge.py "$1" "$2" "$cid" "$3"; } # what the command would not sign
number() { [ "$(sealring policy show --node "$1" --cid "$cid" | jq .policy.number)" = "$2" ]; }
next "$run/p2" 2 "$(hash "$op/policy.json")" '.release[0].keys = ["app/k"]'
check "a policy says what to mind" bash -c '"$0" policy check "$1" | grep -q warning' "$bin/sealring" "$run/p2"
check "one that nobody signed is refused" reason policy-signatures apply "$one" "$run/p2"
check "a stranger can not sign one" reason policy-signatures sign "$run/p2" "$run/stranger" "$run/p2.no"
check "one that a stranger signed all the same" forge "$run/p2" "$run/stranger" "$run/p2.bad"
check "is refused" reason policy-signatures apply "$one" "$run/p2.bad"
check "the operator signs" sign "$run/p2" "$op/operator.key" "$run/p2.signed"
check "the same operator can not sign twice" reason policy-signatures sign "$run/p2.signed" "$op/operator.key" "$run/p2.twice"
check "it is applied at two" apply "$two" "$run/p2.signed"
check "and reaches one" within 20 number "$one" 2
check "what it allows is released" fetch "$one" --out "$net/got" 'demo:app/k#raw:32'
check "what it no longer allows is not, at one" refused key-denied "$one" demo:app/db
check "nor at two" refused key-denied "$two" demo:app/db
check "an older one is refused" reason policy-old apply "$one" "$run/p2.signed"
next "$run/p4" 4 "$(hash "$run/p2")" .
forge "$run/p4" "$op/operator.key" "$run/p4.signed"
check "one that skips a number is refused" reason policy-gap apply "$one" "$run/p4.signed"
next "$run/p3x" 3 "$(printf '1%.0s' $(seq 64))" .
forge "$run/p3x" "$op/operator.key" "$run/p3x.signed"
check "one that does not follow is refused" reason policy-chain apply "$one" "$run/p3x.signed"
echo '{"type":"tpm","code":"00"}' >"$run/claims"
check "explain says which comparison failed" bash -c '"$0" policy explain --policy "$1" --claims "$2" join | grep -q "code"' \
    "$bin/sealring" "$run/p2" "$run/claims"
check "and exits 1 when denied" exits 1 sealring policy explain --policy "$run/p2" --claims "$run/claims" join
code=$(jq -r '.join[0].where[0].value' "$run/p2")
echo "{\"type\":\"tpm\",\"code\":\"$code\"}" >"$run/good"
check "and 0 when allowed" exits 0 sealring policy explain --policy "$run/p2" --claims "$run/good" join

# The command itself
mapfile -t commands < <("$bin/sealring" --help | awk -F '  +' '/^  [a-z]/ { print $2 }')
for words in "${commands[@]}"; do
    # shellcheck disable=SC2086 # a command of two words is two words
    check "$words --help" exits 0 sealring $words --help
    # shellcheck disable=SC2086
    check "$words: an unknown option is a usage error" exits 2 sealring $words --no-such-option
done
check "no network without its cid" exits 2 env -u SEALRING_CID "$bin/sealring" status --node "$one"
other=$(printf '%s' "$cid" | tr qpz pzq)
check "a mistyped cid is noticed" reason network-id-text sealring status --node "$one" --cid "$other"
check "nobody there is exit status 3" exits 3 sealring status --node https://127.0.0.1:1 --cid "$cid"
check "status answers in JSON" bash -c '"$0" status --json --node "$1" --cid "$2" | jq -e ".state == \"member\""' "$bin/sealring" "$one" "$cid"
check "verify-genesis answers in JSON" bash -c '"$0" verify-genesis --json --node "$1" --cid "$2" | jq -e ".verdict == \"accept\""' \
    "$bin/sealring" "$one" "$cid"
sealring verify-genesis --json --node "$one" --cid "$cid" >"$run/genesis.json"
check "its claims explain a join" exits 0 sealring policy explain --policy "$run/p2" --claims "$run/genesis.json" join
check "log show is JSON lines, from genesis on" bash -c '"$0" log show --node "$1" --cid "$2" | head -n 1 | jq -e ".leaf.type == \"genesis\""' \
    "$bin/sealring" "$one" "$cid"
sealring log prove --node "$one" --cid "$cid" --index 3 >"$run/proof"
leaf=$(python3 tests/e2e/log_leaf.py "$one" "$(curl -sk "$one/sealring/v1/status" | jq -r .id)" 3)
check "a proof holds, by another implementation of RFC 6962" python3 tests/e2e/log_proof.py "$run/proof" "$leaf"
check "and not for another leaf" exits 1 python3 tests/e2e/log_proof.py "$run/proof" "00$leaf"
finish
