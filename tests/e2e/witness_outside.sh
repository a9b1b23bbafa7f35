#!/bin/bash
# witness_outside.sh - a node whose policy names a witness that is no member (witness_outside.py, which shares no code with it):
# releases wait for it, workloads see its signature, and a disk of yesterday gets none. BUILD is the first argument.
set -u
BUILD=$1
passed=0 failed=0
command -v jq >/dev/null && command -v curl >/dev/null && python3 -c 'import cryptography' 2>/dev/null ||
    { echo "0 passed, 0 failed, 1 skipped"; exit 77; }
. tests/e2e/lib_insecure.sh
ins_begin || exit 1
outside=$ins/outside
mkdir "$outside"
head -c 32 /dev/urandom >"$outside/seed"
python3 tests/e2e/witness_outside.py "$outside" sealring/ 2>"$outside/err" &
witness=$!
trap 'kill $witness 2>/dev/null; ins_end' EXIT
for _ in $(seq 100); do [ -s "$outside/port" ] && break; sleep 0.1; done
vkey=$(cat "$outside/vkey")
url=http://127.0.0.1:$(cat "$outside/port")/below/here

eval "$(declare -f ins_policy | sed 's/^ins_policy/ins_policy_plain/')"
ins_policy() {
    ins_policy_plain "$@" && jq -cS --arg key "$vkey" '.witnesses = {need: 1, restart: 0, outside: [$key], wait_ms: 2000}' "$1" >"$1.new" &&
        mv "$1.new" "$1"
}
start() { # PROGRAM FLAGS...
    : >"$ins/one/log"
    ins_start one "$@" --witness "${vkey%%+*} $url"
}
fetch() { "$sealring" fetch --platform insecure --node "$(ins_url one)" --cid "$cid" "$@" 'demo:app/disk#raw:32'; }
eventually() {
    for _ in $(seq 100); do
        "$@" >"$ins/out" 2>&1 && return 0
        sleep 0.1
    done
    cat "$ins/out"
    return 1
}
refused() { # REASON FLAGS...
    local want=$1 got
    shift
    got=$(fetch "$@" 2>&1) && return 1
    case $got in *"$want"*) ;; *) echo "$got"; return 1 ;; esac
}
answered() { [ "$(awk -v s="$1" '$1 == s' "$outside/seen" | wc -l)" -ge "$2" ]; }

ins_genesis || exit 1
mkdir -p "$ins/one"
start sealring-bootstrap-insecure --genesis "$ins/genesis.json" --genesis-policy "$ins/policy.json" --genesis-bundle "$ins/genesis.bundle"
check "the node becomes ready" ins_ready one
cid=$(ins_cid one)
check "it releases what the witness has cosigned" eventually fetch
for _ in 1 2 3; do check "and again" fetch; done
check "by proofs from one size to the next" answered 200 4
check "all of them good" bash -c '! grep -qE "^(400|404|422)" "$1"' sh "$outside/seen"
check "a workload sees its signature" fetch --witness "$vkey"
other=$(python3 -c '
import base64, hashlib, os
k = b"\4" + os.urandom(32)
print("someone.example/else+%s+%s" % (hashlib.sha256(b"someone.example/else\n" + k).hexdigest()[:8], base64.b64encode(k).decode()))')
check "and that of another is not there" refused unwitnessed --witness "$other"
check "one of the two is" fetch --witness "$vkey" --witness "$other" --witness-need 1
check "both are not" refused unwitnessed --witness "$vkey" --witness "$other"
id=$(curl -s "$(ins_url one)/sealring/v1/status" | jq -r .id)
shown() { curl -s "$(ins_url one)/sealring/v1/log/$id/checkpoint" | grep -q "^— ${vkey%%+*} "; }
check "the checkpoint that is served has it" shown

check "the node stops" ins_stop one
cp -a "$ins/one/state" "$ins/old"
start sealring-node-insecure
check "it comes back" ins_ready one
check "and goes on" eventually fetch
check "it stops again" ins_stop one
rm -rf "$ins/one/state" && cp -a "$ins/old" "$ins/one/state"
start sealring-node-insecure
check "the disk of yesterday starts" ins_ready one
check "and gets no signature" refused unwitnessed
check "then or later" refused unwitnessed

warned() { curl -s "$(ins_url one)/sealring/v1/status" | jq -e '.warnings | map(test("outside witness")) | any'; }
unwarned() { ! warned; }
check "who has its address is not warned" unwarned
check "it stops" ins_stop one
: >"$ins/one/log"
ins_start one sealring-node-insecure
check "it starts without the witness's address" ins_ready one
check "and says so" warned

kill $witness
wait $witness 2>/dev/null
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
