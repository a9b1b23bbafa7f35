#!/bin/bash
# mitm_tpm.sh - somebody between, on software TPMs: what mitm.sh does at length, the main ones of it with real quotes; and a
# proxy that ends TLS where the policy asks for a bound channel. BUILD is the first argument.
set -u
bin=$(cd "$1" && pwd)
. tests/e2e/lib_tpm.sh
. tests/network.sh
command -v python3 >/dev/null && command -v jq >/dev/null || { echo "0 passed, 0 failed, 1 skipped"; exit 77; }
run=$(mktemp -d)
trap 'network_stop; rm -rf "$run"' EXIT
. tests/e2e/lib_check.sh

# The quick start's network, with plain HTTP beside TLS and a channel that may be bound.
eval "$(declare -f net_policy | sed 's/^net_policy/net_policy_bound/')"
net_policy() { net_policy_bound "$@" | jq -cS '.channel_binding = "optional"'; }
eval "$(declare -f net_conf | sed 's/^net_conf/net_conf_tls/')"
net_conf() { net_conf_tls "$@" "listen-plain = 127.0.0.1:0"; }
plain_url() { echo "http://$(sed -n 's/.*msg=ready .*listen-plain=\([^ ]*\).*/\1/p' "$run/net/$1/log" | tail -n 1)"; }

network_new "$run/net" "$bin" || exit 1
network_machines one two workload || exit 1
check "operators prepare" network_operator
check "genesis on a TPM" network_genesis one
check "a secret" bash -c 'printf value | "$@"' sh "$bin/sealring" put --node "$(net_url one)" --cid "$(network_cid)" --tenant demo \
    --key "$run/net/operator/admin.key" app/secret
net_tls two && mkdir -p "$run/net/mitm" && net_tls mitm
cat >"$run/run.json" <<EOF
{"bin": "$bin", "net": "$run/net", "cid": "$(network_cid)", "plain": "$(plain_url one)", "tls": "$(net_url one)",
 "tcti": "$(net_tcti two)", "workload": "$(net_tcti workload)", "chain": "$(tpm_chain)", "config": "$("$bin/sealring-node" --print-config-digest)"}
EOF
mitm() { python3 tests/e2e/mitm_tpm.py "$run/run.json" "$1" >"$run/report"; }
tally() {
    cat "$run/report"
    case $(tail -n 1 "$run/report") in
    *" passed, "*" failed") IFS=" ," read -r p _ f _ < <(tail -n 1 "$run/report") ;;
    *) p=0 f=1 ;;
    esac
    passed=$((passed + p)) failed=$((failed + f))
}
mitm plain
tally

# From now on the channel must be bound.
"$bin/sealring" policy show --node "$(net_url one)" --cid "$(network_cid)" --json 2>/dev/null >"$run/shown"
hash=$("$bin/sealring" policy check --json "$run/net/operator/policy.json" | jq -r .hash)
jq -cS --arg h "$hash" '.number = 2 | .previous = $h | .channel_binding = "required"' "$run/net/operator/policy.json" >"$run/policy2.json"
check "a policy that wants bound channels is signed" "$bin/sealring" policy sign --yes --node "$(net_url one)" --cid "$(network_cid)" --key "$run/net/operator/operator.key" \
    --out "$run/policy2.signed" "$run/policy2.json"
check "and applied" "$bin/sealring" policy apply --node "$(net_url one)" --cid "$(network_cid)" "$run/policy2.signed"
mitm bound
tally
finish
