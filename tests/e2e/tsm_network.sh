#!/bin/bash
# tsm_network.sh - the production daemon on machines with SEV-SNP and TDX, whose reports come from roots that the genesis
# record names: genesis, joins, releases, restarts, and who is refused why, each beside one who is not. The kernel's part
# is a stand-in; the verifiers, the policy and the handshakes are not.
set -u
. tests/e2e/lib_tsm.sh
. tests/e2e/lib_tpm.sh
. tests/network.sh
bin=$(realpath "$1")
run=$(mktemp -d)
. tests/e2e/lib_check.sh
trap 'stop_all; tsm_stop "$run/other"; tsm_stop "$run/tsm"; rm -rf "$run"' EXIT
network_new "$run/net" "$bin" || exit 1
tsm_init "$run/other" "$bin" snp:stranger tdx:foreigner
tsm_init "$run/tsm" "$bin" snp:one snp:two tdx:three snp:late tdx:slow tdx:work snp:visitor snp:both

measured() { printf "$1%.0s" $(seq 48); }
policy() {
    jq -cS -n --arg member "$(measured 4d)" --arg work "$(measured 57)" --arg both "$(measured 4f)" --arg admin "$1" --arg code "$2" '{
        version: 1, number: 1, previous: ("0" * 64), min_epoch: 1, channel_binding: "required",
        join: [
            {name: "snp", type: "snp", where: [{claim: "measurement", op: "eq", value: $member}, {claim: "debug", op: "eq", value: false},
                {claim: "vmpl", op: "eq", value: 0}, {claim: "tcb.snp", op: "min", value: 24}]},
            {name: "tdx", type: "tdx", where: [{claim: "measurement", op: "eq", value: $member}, {claim: "debug", op: "eq", value: false},
                {claim: "tcb.status", op: "in", value: ["UpToDate"]}]},
            {name: "both", type: "snp-tpm", where: [{claim: "snp.measurement", op: "eq", value: $both}, {claim: "snp.debug", op: "eq", value: false},
                {claim: "tpm.code", op: "eq", value: $code}]},
            {name: "tpm", type: "tpm", where: [{claim: "code", op: "eq", value: $code}]}],
        release: [
            {name: "td", type: "tdx", where: [{claim: "measurement", op: "eq", value: $work}, {claim: "debug", op: "eq", value: false}],
                tenant: "demo", keys: ["app/*"], usages: ["secret", "raw"]},
            {name: "guest", type: "snp", where: [{claim: "measurement", op: "eq", value: $work}, {claim: "tcb.snp", op: "min", value: 24}],
                tenant: "demo", keys: ["app/*"], usages: ["secret"]}],
        tenants: [{name: "demo", admins: [$admin], max_secrets: 100, max_bytes: 100000}]}'
}
operator() {
    local dir=$net_dir/operator admin code
    mkdir -p "$dir" && "$bin/sealring" keygen "$dir/operator.key" >/dev/null && "$bin/sealring" keygen "$dir/ak-ca.key" >/dev/null &&
        admin=$("$bin/sealring" keygen "$dir/admin.key") && code=$("$bin/sealring" measure --json "$bin/sealringd" | jq -r .code) &&
        policy "$admin" "$code" >"$dir/policy.json" && "$bin/sealring" genesis prepare --operator "$dir/operator.key.pub" \
        --ak-ca "$dir/ak-ca.key.pub" --tpm-root "$(tpm_root)" --root "snp=$(cat "$run/tsm/c/snp.pin")" \
        --root "tdx=$(cat "$run/tsm/c/tdx.pin")" --policy "$dir/policy.json" --out "$dir/genesis.json"
}
conf() { # NAME LINE...: a machine of tsm_dir, with collateral of its own
    local name=$1
    shift
    mkdir -p "$net_dir/$name" && cp -r "$run/tsm/c/good" "$net_dir/$name/collateral" && net_tls "$name" && {
        echo "state-dir = $net_dir/$name/state"
        echo "listen = 127.0.0.1:0"
        echo "tls-cert = $net_dir/$name/tls.crt"
        echo "tls-key = $net_dir/$name/tls.key"
        echo "tsm-report-dir = $(tsm_report "$name")"
        echo "collateral-dir = $net_dir/$name/collateral"
        echo "sync-seconds = 1"
        echo "quote-ms = 5000"
        printf '%s\n' "$@"
    } >"$net_dir/$name/sealring.conf"
}
begin() { # NAME PROGRAM: in the background, with the machine's /dev/sev-guest if it has one
    local dir=$net_dir/$1
    : >"$dir/log"
    if [ -e "$tsm_dir/m/$1/sev-guest" ]; then
        tsm_exec "$1" "$bin/$2" --config "$dir/sealring.conf" >>"$dir/log" 2>&1 &
    else
        "$bin/$2" --config "$dir/sealring.conf" >>"$dir/log" 2>&1 &
    fi
    echo $! >"$dir/pid"
    started="${started:-} $1"
}
ready() { # NAME: is a member, and where
    local url
    url=$(sed -n 's/.*msg=ready .*listen=\([^ ]*\).*/\1/p' "$net_dir/$1/log" | tail -n 1)
    [ -n "$url" ] && echo "https://$url" >"$net_dir/$1/url"
}
comes() { within "${2:-15}" ready "$1" || { tail -n 4 "$net_dir/$1/log"; return 1; }; }
member() { conf "$1" "cid = $(network_cid)" "join = $(net_url "$2")" "${@:3}" && begin "$1" sealring-node; }
stop() { kill "-${2:-TERM}" "$(cat "$net_dir/$1/pid")"; wait "$(cat "$net_dir/$1/pid")" 2>/dev/null; echo $? >"$run/exit"; }
stop_all() {
    local name
    for name in ${started:-}; do kill -9 "$(cat "$net_dir/$name/pid")" 2>/dev/null; done
    network_stop
}
logs() { grep -q -- "$2" "$net_dir/$1/log"; }
status() { curl -sk "$(net_url "$1")/sealring/v1/status" | jq -e "$2" >"$run/status" || { cat "$run/status"; return 1; }; }
fetch() { # MACHINE NODE WANT: what was fetched is in $run/value
    rm -f "$run/value"
    "$bin/sealring" fetch --node "$(net_url "$2")" --cid "$(network_cid)" --tsm-report-dir "$(tsm_report "$1")" --out "$run/value" "$3"
}
refused() { # CODE MACHINE NODE
    local got
    got=$(fetch "$2" "$3" demo:app/x 2>&1)
    grep -q "($1)" <<<"$got" && [ ! -e "$run/value" ] || { echo "not refused as $1: $got"; return 1; }
}

# Genesis
network_machine four >/dev/null 2>&1
check "operators prepare" operator
conf one "genesis = $net_dir/operator/genesis.json" "genesis-policy = $net_dir/operator/policy.json" "genesis-bundle = $net_dir/one/genesis.bundle"
rm "$net_dir/one/collateral/visitor"
conf three "genesis = $net_dir/operator/genesis.json" "genesis-policy = $net_dir/operator/policy.json"
begin three sealring-bootstrap
check "a machine that seals nothing starts no network" within 10 logs three 'msg=start-failed.*reason=config'
wait "$(cat "$net_dir/three/pid")"
check "and draws no key" [ ! -e "$net_dir/three/state/genesis.bundle" ]
tsm_set one debug 1
begin one sealring-bootstrap
check "nor does one that can be debugged" within 10 logs one 'msg=start-failed.*reason=debug'
wait "$(cat "$net_dir/one/pid")"
tsm_set one debug 0 && rm -rf "$net_dir/one/state"
begin one sealring-bootstrap
check "a genesis on SNP, without an AK certificate" comes one
sed -n 's/.*msg=ready cid=\([^ ]*\).*/\1/p' "$net_dir/one/log" >"$net_dir/cid"
verify_genesis() { "$bin/sealring" verify-genesis --json --cid "$(network_cid)" "$@" "$net_dir/one/genesis.bundle"; }
check "its bundle verifies offline" eval 'verify_genesis --collateral "$run/tsm/c/good" | jq -e ".claims.type == \"snp\" and .claims.debug == false"'
check "of the measurement that it has" [ "$(verify_genesis --collateral "$run/tsm/c/good" | jq -r .claims.measurement)" = "$(measured 4d)" ]
cp "$net_dir/one/genesis.bundle" "$run/bundle"
byte=$(od -An -tu1 -j 700 -N 1 "$run/bundle")
printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$run/bundle" bs=1 seek=700 conv=notrunc 2>/dev/null
check "not with one changed byte" exits 1 "$bin/sealring" verify-genesis --cid "$(network_cid)" --collateral "$run/tsm/c/good" "$run/bundle"
check "it says how it is measured and sealed" status one '.platform == "snp" and .sealed == "snp" and .measured.type == "snp"
    and .measured.measurement == "'"$(measured 4d)"'" and (.warnings | any(test("boot|seal")) | not)'

# Members
conf two "cid = $(network_cid)" "join = $(net_url one)"
cp "$run/tsm/c/stale/"tdx-* "$net_dir/two/collateral/" # which SNP does not need
begin two sealring-node
check "an SNP machine joins" comes two
member three one
check "a TDX machine joins" comes three
check "which seals nothing, and says so" status three '.platform == "tdx" and .sealed == "none" and (.warnings | any(test("nothing is sealed")))'
check "and has nothing on disk that opens the masters" eval '! strings -a "$net_dir/three/state/store.db" | grep -q master-bundle'
member late three
check "one joins through the TDX member" comes late

# Workloads
tsm_set work measurement 87 && tsm_set visitor measurement 87
put() { printf '%s' "$1" | "$bin/sealring" put --node "$(net_url one)" --cid "$(network_cid)" --tenant demo --key "$net_dir/operator/admin.key" app/x; }
check "a put" put treasure
within 10 fetch work three demo:app/x >/dev/null 2>&1
for node in one three; do
    check "a TDX workload fetches a secret from $node" eval "fetch work $node demo:app/x && [ \"\$(cat \$run/value)\" = treasure ]"
done
check "and a derived key" fetch work three 'demo:app/k#raw:32'
check "an SNP workload fetches it" eval 'fetch visitor one demo:app/x && [ "$(cat "$run/value")" = treasure ]'

# Workloads that are refused, each beside itself when it is not
for word in work:debug:1 work:measurement:88:87 visitor:measurement:88:87 visitor:low:1; do
    IFS=: read -r m what bad good <<<"$word"
    tsm_set $m $what $bad
    check "$m with another $what" refused no-rule $m one
    tsm_set $m $what ${good:-0}
    check "$m without it" fetch $m one demo:app/x
done
tsm_dir=$run/other
tsm_set foreigner measurement 87 && tsm_set stranger measurement 87
check "TDX of another root" refused certificate-anchor foreigner one
check "SNP of another root" refused certificate-anchor stranger one
tsm_dir=$run/tsm
sealed_off() { "$bin/tests/tsm_release" "$(net_url one)" "$(network_cid)" "$(tsm_report "$1")" demo:app/x "$2"; }
for m in work visitor; do
    check "$m: evidence over another challenge" eval "[ \"\$(sealed_off $m other)\" = report-data ]"
    check "$m: and over this one" eval "[ \"\$(sealed_off $m own)\" = ok ]"
done
tsm_set visitor no-aux 1
check "an SNP report alone, of a chip that the node does not know" refused chip-id visitor one
cp "$run/tsm/c/good/visitor" "$net_dir/one/collateral/" && kill -HUP "$(cat "$net_dir/one/pid")"
check "of one whose certificate it has" within 5 fetch visitor one demo:app/x
tsm_set visitor no-aux 0
check "stale TCB info" refused collateral-time work two
check "is the business of the member that has it" fetch work one demo:app/x
cp "$run/tsm/c/good/"tdx-* "$net_dir/two/collateral/" && kill -HUP "$(cat "$net_dir/two/pid")"
check "with newer ones that member releases too" within 5 fetch work two demo:app/x

# Joiners that are refused, and get in once the reason is gone
turn() { # MACHINE VIA WORD BAD REASON
    tsm_set $1 $3 $4
    member $1 $2
    check "a joiner with $3 $4" within 10 logs $1 "msg=join-failed.*reason=$5"
    check "as its granter sees it" logs $2 "route=.*attest.*reason=$5"
    check "has no masters" eval "! logs $1 msg=ready"
    tsm_set $1 $3 0
    check "without $3 it joins" comes $1 20
    stop $1
    rm -rf "$net_dir/$1"
}
turn slow one debug 1 no-rule
turn slow one low 1 no-rule
stop late && rm -rf "$net_dir/late"
turn late one measurement 9 no-rule
turn late one low 1 no-rule
turn late one vmpl 1 no-rule
tsm_dir=$run/other
member stranger one
check "a joiner of another root" within 10 logs one 'route=.*attest.*reason=certificate-anchor'
stop stranger
tsm_dir=$run/tsm
conf slow "cid = $(network_cid)" "join = $(net_url three)"
sed -i "s|^collateral-dir.*|collateral-dir = $run/none|" "$net_dir/slow/sealring.conf"
begin slow sealring-node
check "a joiner without collateral does not believe its granter" within 10 logs slow 'msg=join-failed.*reason=\(collateral-missing\|certificate-anchor\)'
sed -i "s|^collateral-dir.*|collateral-dir = $net_dir/slow/collateral|" "$net_dir/slow/sealring.conf"
stop slow && begin slow sealring-node
check "with it, it does" comes slow

# Restarts
id_of() { curl -sk "$(net_url "$1")/sealring/v1/status" | jq -r .id; }
before=$(id_of two) && stop two KILL && begin two sealring-node
check "SNP unseals after kill -9" comes two
check "without a new join" eval '! logs two join-try'
check "and is who it was" [ "$(id_of two)" = "$before" ]
stop two && tsm_set two measurement 9 && begin two sealring-node
check "measured otherwise it does not" within 10 logs two 'msg=start-failed.*reason=unseal'
wait "$(cat "$net_dir/two/pid")"
tsm_set two measurement 0
before=$(id_of three) && size=$(curl -sk "$(net_url three)/sealring/v1/status" | jq .log.size) && stop three KILL && begin three sealring-node
check "TDX gets the masters back from another member" comes three
check "by a join" logs three join-try
check "and is who it was" [ "$(id_of three)" = "$before" ]
check "with its log" [ "$(curl -sk "$(net_url three)/sealring/v1/status" | jq .log.size)" -gt "$size" ]
check "and its secrets" eval 'fetch work three demo:app/x && [ "$(cat "$run/value")" = treasure ]'
stop three && sed -i "s|^join = .*|join = https://127.0.0.1:1|" "$net_dir/three/sealring.conf" && begin three sealring-node
check "with nobody to ask it has nothing" within 10 eval 'logs three msg=join-failed && ! logs three msg=ready'
stop three

# A machine that stops answering
check "a report that does not come costs the joiner time" tsm_set one hang 1
member late one
check "the granter says that it is its platform" within 20 logs one 'msg=platform-failed.*reason=tsm'
check "and the joiner hears it" within 10 logs late 'msg=join-failed.*reason=tsm'
check "releases go on" fetch work one demo:app/x
tsm_set one hang 0
check "when it answers again, so does the node" within 20 logs one msg=platform-answers
check "and the joiner gets in" comes late 40

# TPMs beside them
net_conf four "platform = tpm" "cid = $(network_cid)" "join = $(net_url one)" "collateral-dir = $run/tsm/c/good"
check "a machine with a TPM joins through SNP" net_start four "$bin/sealring-node"
within 10 fetch work four demo:app/x >/dev/null 2>&1
check "and releases to TDX" eval 'fetch work four demo:app/x && [ "$(cat "$run/value")" = treasure ]'
stop slow && rm -rf "$net_dir/slow/state" && sed -i "s|^join = .*|join = $(net_url four)|" "$net_dir/slow/sealring.conf" && begin slow sealring-node
check "a TDX machine joins through the TPM" comes slow

# Evidence in two parts: what the chip says of the machine, what its TPM says of the program
network_machine both >/dev/null 2>&1
tsm_set both measurement 79
member both one
check "policy wants both parts: the report alone is not enough" within 10 logs one 'route=.*attest.*reason=no-rule'
stop both && rm -rf "$net_dir/both/state" "$net_dir/both/log"
both_conf() {
    net_conf both "platform = snp-tpm" "tsm-report-dir = $(tsm_report both)" "cid = $(network_cid)" "join = $(net_url one)" \
        "collateral-dir = $run/tsm/c/good"
}
both_conf && tsm_set both debug 1
net_start both "$bin/sealring-node" >/dev/null 2>&1 &
check "with both, and a guest that can be debugged" within 15 logs one 'why=.*both.*\|reason=no-rule'
check "with both, and a guest that can be debugged, it does not join" within 15 logs both 'msg=join-failed.*reason=no-rule'
kill -9 "$(cat "$net_dir/both/pid")" && : >"$net_dir/both/log" && tsm_set both debug 0
check "a machine with an SNP report and a TPM quote joins" net_start both "$bin/sealring-node"
check "it says so" status both '.platform == "snp-tpm" and .sealed == "snp-tpm" and .measured["snp.debug"] == false
    and (.measured["tpm.code"] | length) == 64 and (.warnings | any(test("boot|debug")) | not)'
within 10 fetch work both demo:app/x >/dev/null 2>&1
check "and releases" eval 'fetch work both demo:app/x && [ "$(cat "$run/value")" = treasure ]'
check "the log of the first member verifies" network_log_verify one
"$bin/sealring" log show --node "$(net_url one)" --cid "$(network_cid)" >"$run/leaves"
leaves() { jq -r "select(.leaf.type == \"join-granted\") | .leaf.$1" "$run/leaves" | sort -u; }
check "it says which code joined, by the measurement's hash" \
    eval 'leaves measurement | grep -qx "$(printf "M%.0s" $(seq 48) | sha256sum | cut -d" " -f1)"' # 4d is M
check "in two parts, by the first" eval 'leaves measurement | grep -qx "$(printf "O%.0s" $(seq 48) | sha256sum | cut -d" " -f1)"'
check "and tells machines apart" [ "$(leaves hardware | wc -l)" -ge 5 ]
stop one
check "SIGTERM ends it well" [ "$(cat "$run/exit")" = 0 ]
finish
