# lib_insecure.sh - a network of insecure nodes on this machine, over plain HTTP on loopback; sourced.
# Insecure evidence proves nothing: what is tried here is everything around it. Needs: BUILD, and passed=0
# failed=0.
#   ins_begin; ins_policy FILE NUMBER PREVIOUS; ins_genesis; ins_start NAME PROGRAM FLAGS...; ins_end

ins_begin() {
    ins=$(mktemp -d) && chmod 700 "$ins" && trap ins_end EXIT
    sealring=$BUILD/sealring-insecure
    operator=$("$sealring" keygen "$ins/operator.key") && admin=$("$sealring" keygen "$ins/admin.key") &&
        ak_ca=$("$sealring" keygen "$ins/ak-ca.key")
}

ins_end() {
    local file
    for file in "$ins"/*/pid; do
        [ -s "$file" ] && kill -9 "$(cat "$file")" 2>/dev/null && wait "$(cat "$file")" 2>/dev/null
    done
    rm -rf "$ins"
}

check() { # what, then a command
    local what=$1
    shift
    if "$@" >"$ins/out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $what"
        tail -n 5 "$ins/out"
    fi
}

ins_policy() {
    jq -cS -n --arg admin "$admin" --argjson number "$2" --arg previous "$3" --arg code "${4:-}" '{
        version: 1, number: $number, previous: $previous, min_epoch: 1, channel_binding: "optional",
        join: [{name: "this-build", type: "insecure", where: [{claim: "code", op: "same"}]}],
        release: [{name: "workload", type: "insecure", where: [{claim: "debug", op: "eq", value: true}], tenant: "demo", keys: ["app/*"],
            usages: ["secret", "raw", "ed25519", "x25519", "p256", "secp256k1"]}],
        tenants: [{name: "demo", admins: [$admin], max_secrets: 100, max_bytes: 1000000}]}' >"$1"
}

ins_genesis() {
    ins_policy "$ins/policy.json" 1 "$(printf '0%.0s' $(seq 64))"
    first=$("$sealring" policy check --json "$ins/policy.json" | jq -r .hash)
    jq -cS -n --arg op "$operator" --arg ca "$ak_ca" --arg first "$first" --arg salt "$(openssl rand -hex 32)" '{
        version: 1, mode: "insecure", salt: $salt, opnonce: "00", operators: {k: 1, keys: [$op]},
        first_policy: $first, roots: [], ak_cas: {k: 1, keys: [$ca]},
        witnesses: {k: 0, keys: []}, recovery: {t: 0, keys: []}}' >"$ins/genesis.json"
}

# ins_start NAME PROGRAM FLAGS...: in the background, on INS_PORT if that is set, exchanging every INS_SYNC seconds (1); its log is
# NAME/log
ins_start() {
    local name=$1 program=$2
    shift 2
    mkdir -p "$ins/$name"
    "$BUILD/$program" --platform insecure --state-dir "$ins/$name/state" --listen-plain "127.0.0.1:${INS_PORT:-0}" \
        --admin-socket "$ins/$name/admin" --sync-seconds "${INS_SYNC:-1}" "$@" >>"$ins/$name/log" 2>&1 &
    echo $! >"$ins/$name/pid"
}

# ins_ready NAME: waits for its ready line as long as it runs; the end of a long wait is for one that hangs
ins_ready() {
    local address
    for _ in $(seq 1200); do
        address=$(sed -n 's/.*msg=ready .*listen-plain=\([^ ]*\).*/\1/p' "$ins/$1/log" | tail -n 1)
        [ -z "$address" ] || { echo "http://$address" >"$ins/$1/url"; return 0; }
        kill -0 "$(cat "$ins/$1/pid")" 2>/dev/null || break
        sleep 0.05
    done
    tail -n 5 "$ins/$1/log"
    return 1
}

ins_url() { cat "$ins/$1/url"; }
ins_cid() { sed -n 's/.*msg=ready cid=\([^ ]*\).*/\1/p' "$ins/$1/log" | tail -n 1; }
ins_stop() { kill "$(cat "$ins/$1/pid")" && wait "$(cat "$ins/$1/pid")"; }
ins_kill() { kill -9 "$(cat "$ins/$1/pid")"; wait "$(cat "$ins/$1/pid")" 2>/dev/null; : >"$ins/$1/log"; }
