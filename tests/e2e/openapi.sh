#!/bin/bash
# openapi.sh - a network on software TPMs, its members behind recorders: joins, enrolments, releases, packages, policies and
# synchronisation as real clients do them, then everything held to specs/openapi.yaml (openapi.py). BUILD is the first argument.
set -u
bin=$(cd "$1" && pwd)
. tests/e2e/lib_tpm.sh
. tests/network.sh
# Debian's Python has Debian's modules, whichever comes first in the path.
for python in python3 /usr/bin/python3; do "$python" -c 'import yaml, jsonschema' 2>/dev/null && break; done
"$python" -c 'import yaml, jsonschema' 2>/dev/null && command -v jq >/dev/null ||
    { echo "skipped: no PyYAML or jsonschema"; echo "0 passed, 0 failed, 1 skipped"; exit 77; }
run=$(mktemp -d)
trap 'kill $recorder 2>/dev/null; network_stop; rm -rf "$run"' EXIT
. tests/e2e/lib_check.sh
net=$run/net api=$run/api op=$run/net/operator
mkdir "$api"
"$python" tests/e2e/openapi.py record "$api" one two &
recorder=$!
within 10 [ -s "$api/two.port" ]

# The quick start's network over plain HTTP, so that a recorder reads it; members know each other by the recorders' addresses.
eval "$(declare -f net_policy | sed 's/^net_policy/net_policy_bound/')"
net_policy() { net_policy_bound "$@" | jq -cS '.channel_binding = "optional"'; }
recorded() { echo "http://127.0.0.1:$(cat "$api/$1.port")"; }
eval "$(declare -f net_conf | sed 's/^net_conf/net_conf_tls/')"
net_conf() { net_conf_tls "$@" "listen-plain = 127.0.0.1:0" "address = $(recorded "$1")"; }
behind() { # MEMBER: from now on the recorder of that name leads to it
    echo "http://$(sed -n 's/.*msg=ready .*listen-plain=\([^ ]*\).*/\1/p' "$net/$1/log" | tail -n 1)" >"$api/$1.upstream"
    recorded "$1" >"$net/$1/url"
}
network_new "$net" "$bin" && network_machines one two workload || exit 1
for who in anna ben; do "$bin/sealring" keygen "$run/$who" >/dev/null || exit 1; done
network_operator --recovery "$run/anna.pub" --recovery "$run/ben.pub" --recovery-t 2 || exit 1
check "genesis" network_genesis one && behind one
check "a join" network_join two one && behind two
cid=$(network_cid)
sealring() { "$bin/sealring" "$@"; }
tenant() { local what=$1 at=$2; shift 2; sealring "$what" --node "$(net_url "$at")" --cid "$cid" --tenant demo --key "$op/admin.key" "$@"; }
printf 'a secret' >"$run/secret"
for v in 1 2; do check "put, version $v" tenant put one --from "$run/secret" app/db; done
check "put what goes" tenant put two --from "$run/secret" app/gone
check "list" tenant list one
check "delete" tenant delete two app/gone
check "fetch" network_fetch two demo:app/db got
check "fetch a key" network_fetch one 'demo:app/disk#raw:32' got
refuse() { ! network_fetch one "$1" got 2>/dev/null; }
check "what is deleted is not released" within 10 refuse demo:app/gone
check "nor what another tenant has" refuse other:app/db
check "a public half" sealring derive --public --node "$(net_url two)" --cid "$cid" 'demo:app/id#ed25519'
check "the policy" sealring policy show --node "$(net_url one)" --cid "$cid"
hash=$(sealring policy check --json "$op/policy.json" | jq -r .hash)
jq -cS --arg h "$hash" '.number = 2 | .previous = $h | .member_lease = 20' "$op/policy.json" >"$run/policy.json"
sealring policy sign --yes --node "$(net_url one)" --cid "$cid" --key "$op/operator.key" --out "$run/policy.signed" "$run/policy.json" >/dev/null
check "the next policy" sealring policy apply --node "$(net_url one)" --cid "$cid" "$run/policy.signed"
two_has_it() { [ "$(curl -s "$(net_url two)/sealring/v1/status" | jq .policy.number)" = 2 ]; }
check "it reaches the other" within 10 two_has_it
check "a draw" sealring epoch draw --node "$(net_url one)" --cid "$cid" --key "$op/operator.key" --out "$run/epoch"
check "approved" sealring epoch sign --cid "$cid" --key "$op/operator.key" --bundle "$net/one/genesis.bundle" --policy "$run/policy.signed" \
    --out "$run/epoch.signed" "$run/epoch"
check "linked" sealring epoch submit --node "$(net_url one)" --cid "$cid" "$run/epoch.signed"
rotated() { [ "$(curl -s "$(net_url two)/sealring/v1/status" | jq .epoch)" = 2 ]; }
check "and the other pulls it" within 20 rotated
check "which writes a recovery file" sealring recovery export --node "$(net_url two)" --cid "$cid" --out "$run/recovery.file"
check "the log" sealring log verify --node "$(net_url one)" --cid "$cid"
check "genesis checked" sealring verify-genesis --node "$(net_url two)" --cid "$cid"
sleep 2 # a round of synchronisation
"$python" tests/e2e/openapi.py check "$api" "$net/one/admin" >"$run/report"
cat "$run/report"
IFS=" ," read -r p _ f _ < <(tail -n 1 "$run/report")
case $(tail -n 1 "$run/report") in *" passed, "*" failed") passed=$((passed + p)) failed=$((failed + f)) ;; *) failed=$((failed + 1)) ;; esac
finish
