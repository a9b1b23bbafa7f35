# network.sh - a Sealring network on this machine, for quickstart and the end-to-end tests; sourced.
#
#   network_new DIR BIN       an empty network that lives in DIR and runs the programs of BIN
#   network_machines NAME...  machines, each a software TPM with an EK certificate (see lib_tpm.sh)
#   network_operator [ARG...]  keys, reference values, first policy, genesis.json; more arguments for genesis prepare
#   network_genesis NAME      enrols the machine's AK with the operators, starts the bootstrap node
#   network_join NAME VIA     starts a node that joins through VIA
#   network_put NODE PATH, network_fetch NODE WANT FILE, network_refuse_tampered NAME VIA, network_log_verify NODE
#   network_stop              ends every process it started
#
# A machine is a folder: DIR/NAME/{state,event-log,sealring.conf,log,pid}; its TPM is DIR/tpm/NAME. Nothing outside DIR is touched.
# Needs lib_tpm.sh before it.

net_dir= net_bin= net_pids= net_more= # net_more: more lines of every sealring.conf

net_url() { cat "$net_dir/$1/url"; }
network_cid() { cat "$net_dir/cid"; }

# The processes of a run that was killed: known by their pid files, and only if they still run from that folder.
network_stop_leftovers() {
    local file pid
    for file in "$1"/*/pid "$1"/tpm/*/p; do
        [ -s "$file" ] || continue
        pid=$(cat "$file")
        tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$1" && kill -9 "$pid" 2>/dev/null
    done
    return 0
}

network_new() {
    net_dir=$1 net_bin=$2 net_pids=
    rm -rf "$net_dir" && mkdir -p "$net_dir" && chmod 700 "$net_dir" && tpm_init "$net_dir/tpm"
}

network_stop() {
    local pid name
    for name in $net_pids; do
        pid=$(cat "$net_dir/$name/pid" 2>/dev/null) && kill "$pid" 2>/dev/null
    done
    for name in $net_pids; do
        pid=$(cat "$net_dir/$name/pid" 2>/dev/null) || continue
        for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.05; done
        kill -9 "$pid" 2>/dev/null
        rm -f "$net_dir/$name/pid"
    done
    net_pids=
    [ -z "$net_dir" ] || tpm_stop_all
    return 0
}

network_machine() {
    mkdir -p "$net_dir/$1" && tpm_new "$1" && tpm_start "$1"
}

# network_machines NAME...: several; the first one makes the manufacturer, so it goes ahead
network_machines() {
    local name failed=0 pids=
    network_machine "$1" || return
    shift
    for name in "$@"; do
        network_machine "$name" &
        pids="$pids $!"
    done
    for name in $pids; do wait "$name" || failed=1; done
    return $failed
}

net_tcti() { tpm_tcti "$1"; }

# The policy of the quick start: this build of the node may join; the workload may have what is under app/.
net_policy() {
    jq -cS -n --arg node "$1" --arg work "$2" --arg admin "$3" '{
        version: 1, number: 1, previous: ("0" * 64), min_epoch: 1, channel_binding: "required",
        join: [{name: "this-build", type: "tpm", where: [{claim: "code", op: "eq", value: $node}]}],
        release: [{name: "workload", type: "tpm", where: [{claim: "code", op: "eq", value: $work}],
            tenant: "demo", keys: ["app/*"], usages: ["secret", "raw", "ed25519", "x25519", "p256", "secp256k1"]}],
        tenants: [{name: "demo", admins: [$admin], max_secrets: 1000, max_bytes: 1000000}]}'
}

network_operator() {
    local dir=$net_dir/operator node_code work_code admin
    mkdir -p "$dir"
    "$net_bin/sealring" keygen "$dir/operator.key" >/dev/null || return
    "$net_bin/sealring" keygen "$dir/ak-ca.key" >/dev/null || return
    admin=$("$net_bin/sealring" keygen "$dir/admin.key") || return
    node_code=$("$net_bin/sealring" measure --json "$net_bin/sealringd" | jq -r .code) || return
    work_code=$("$net_bin/sealring" measure --json "$net_bin/sealring" | jq -r .code) || return
    net_policy "$node_code" "$work_code" "$admin" >"$dir/policy.json" || return
    "$net_bin/sealring" genesis prepare --operator "$dir/operator.key.pub" --k 1 --ak-ca "$dir/ak-ca.key.pub" \
        --ak-ca-k 1 --tpm-root "$(tpm_root)" --policy "$dir/policy.json" --out "$dir/genesis.json" "$@" >/dev/null
}

# A TLS key and certificate of the node's own: privacy only, trust comes from evidence.
net_tls() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=$1" \
        -keyout "$net_dir/$1/tls.key" -out "$net_dir/$1/tls.crt" 2>/dev/null
}

# net_conf NAME LINE...: the machine's sealring.conf
net_conf() {
    local name=$1
    shift
    net_tls "$name" || return
    {
        echo "state-dir = $net_dir/$name/state"
        echo "listen = 127.0.0.1:0"
        echo "tls-cert = $net_dir/$name/tls.crt"
        echo "tls-key = $net_dir/$name/tls.key"
        echo "admin-socket = $net_dir/$name/admin"
        echo "tcti = $(net_tcti "$name")"
        echo "event-log = $net_dir/$name/event-log"
        echo "ek-chain = $(tpm_chain)"
        echo "sync-seconds = 1"
        [ -z "$net_more" ] || printf '%s\n' "$net_more"
        printf '%s\n' "$@"
    } >"$net_dir/$name/sealring.conf"
}

# net_start NAME PROGRAM: through the launcher; returns once the node says it is ready
net_start() {
    local name=$1 program=$2 dir=$net_dir/$1 url
    "$net_bin/sealring-launch" --tcti "$(net_tcti "$name")" --event-log "$dir/event-log" \
        --config-digest "$("$program" --print-config-digest)" -- "$program" --config "$dir/sealring.conf" \
        >>"$dir/log" 2>&1 &
    echo $! >"$dir/pid"
    net_pids="$net_pids $name"
    for _ in $(seq 400); do
        [ -e "$dir/log" ] || { sleep 0.02; continue; }
        url=$(sed -n 's/.*msg=ready .*listen=\([^ ]*\).*/\1/p' "$dir/log" | tail -n 1)
        [ -z "$url" ] || break
        kill -0 "$(cat "$dir/pid")" 2>/dev/null || break
        sleep 0.05
    done
    [ -n "$url" ] || { tail -n 5 "$dir/log" >&2; return 1; }
    echo "https://$url" >"$dir/url"
}

network_genesis() {
    local name=$1 dir=$net_dir/$1 op=$net_dir/operator
    "$net_bin/sealring" enroll request --genesis "$op/genesis.json" --tcti "$(net_tcti "$name")" \
        --ek-chain "$(tpm_chain)" --out "$dir/enrol.request" &&
        "$net_bin/sealring" enroll challenge --genesis "$op/genesis.json" --state "$op/enrol.state" \
            --out "$dir/enrol.challenge" "$dir/enrol.request" &&
        "$net_bin/sealring" enroll answer --tcti "$(net_tcti "$name")" --out "$dir/enrol.answer" \
            "$dir/enrol.request" "$dir/enrol.challenge" &&
        "$net_bin/sealring" enroll certify --genesis "$op/genesis.json" --state "$op/enrol.state" \
            --key "$op/ak-ca.key" --out "$dir/ak.cert" "$dir/enrol.answer" || return
    net_conf "$name" "genesis = $op/genesis.json" "genesis-policy = $op/policy.json" \
        "genesis-ak-cert = $dir/ak.cert" "genesis-bundle = $dir/genesis.bundle" || return
    net_start "$name" "$net_bin/sealring-bootstrap" || return
    sed -n 's/.* cid=\([^ ]*\).*/\1/p' "$dir/log" | head -n 1 >"$net_dir/cid"
    [ -s "$net_dir/cid" ]
}

network_join() {
    net_conf "$1" "cid = $(network_cid)" "join = $(net_url "$2")" && net_start "$1" "$net_bin/sealring-node"
}

network_put() {
    "$net_bin/sealring" put --node "$(net_url "$1")" --cid "$(network_cid)" --tenant demo \
        --key "$net_dir/operator/admin.key" "$2" >/dev/null
}

# network_fetch NODE WANT FILE: as the machine `workload`, launched and measured
network_fetch() {
    local dir=$net_dir/workload
    rm -f "$net_dir/$3"
    "$net_bin/sealring-launch" --tcti "$(net_tcti workload)" --event-log "$dir/event-log" -- \
        "$net_bin/sealring" fetch --node "$(net_url "$1")" --cid "$(network_cid)" --tcti "$(net_tcti workload)" \
        --event-log "$dir/event-log" --ek-chain "$(tpm_chain)" --ak-cert "$dir/ak.cert" \
        --out "$net_dir/$3" "$2" >>"$dir/log" 2>&1 || { tail -n 3 "$dir/log" >&2; return 1; }
}

# One byte of the build id's text is another: the same program otherwise, on a TPM of its own.
network_refuse_tampered() {
    local name=$1 dir=$net_dir/$1
    cp "$net_bin/sealringd" "$dir/sealring-node" && printf '\xff' |
        dd of="$dir/sealring-node" bs=1 seek=$(($(stat -c %s "$dir/sealring-node") - 1)) conv=notrunc 2>/dev/null
    net_conf "$name" "cid = $(network_cid)" "join = $(net_url "$2")" || return
    "$net_bin/sealring-launch" --tcti "$(net_tcti "$name")" --event-log "$dir/event-log" \
        --config-digest "$("$dir/sealring-node" --print-config-digest)" -- \
        "$dir/sealring-node" --config "$dir/sealring.conf" >>"$dir/log" 2>&1 &
    echo $! >"$dir/pid"
    net_pids="$net_pids $name"
    for _ in $(seq 200); do
        grep -q 'reason=no-rule' "$net_dir/$2/log" && break
        sleep 0.05
    done
    grep -o 'route=.*reason=no-rule.*' "$net_dir/$2/log" | tail -n 1 | sed 's/^/      /'
    ! grep -q 'msg=ready' "$dir/log" && grep -q 'reason=no-rule' "$net_dir/$2/log"
}

network_log_verify() {
    "$net_bin/sealring" log verify --node "$(net_url "$1")" --cid "$(network_cid)" >/dev/null
}

network_hints() {
    local name
    echo
    for name in one two three; do echo "  node $name  $(net_url $name)"; done
    cat <<HINTS
  cid         $(network_cid)

Try next:
  export SEALRING_NODE=$(net_url three) SEALRING_CID=$(network_cid) PATH=\$PATH:$net_bin
  sealring status
  sealring verify-genesis --node \$SEALRING_NODE
  printf secret | sealring put --tenant demo --key $net_dir/operator/admin.key app/another
  sealring derive --public 'demo:app/id#ed25519'
  sealring log show
HINTS
}
