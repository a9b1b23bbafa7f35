#!/bin/bash
# witness.sh - three insecure nodes whose policy wants their logs witnessed: a release waits for cosignatures, a node
# that comes back from an old copy of its disk or runs twice is refused, what clients are shown is cosigned. BUILD is
# the first argument.
set -u
BUILD=$1
passed=0 failed=0
command -v jq >/dev/null && command -v curl >/dev/null || { echo "0 passed, 0 failed, 1 skipped"; exit 77; }
. tests/e2e/lib_insecure.sh
ins_begin || exit 1
eval "$(declare -f ins_policy | sed 's/^ins_policy/ins_policy_plain/')"
ins_policy() { # the same, with witnesses
    ins_policy_plain "$@" && jq -cS '.witnesses = {need: 1, wait_ms: 3000}' "$1" >"$1.new" && mv "$1.new" "$1"
}

bootstrap() {
    ins_start "$1" sealring-bootstrap-insecure --genesis "$ins/genesis.json" --genesis-policy "$ins/policy.json" \
        --genesis-bundle "$ins/genesis.bundle"
}
joins() { ins_start "$1" sealring-node-insecure --cid "$cid" --join "$(ins_url "$2")"; }
fetch() { "$sealring" fetch --platform insecure --node "$(ins_url "$1")" --cid "$cid" "$2"; }
status() { curl -s "$(ins_url "$1")/sealring/v1/status"; }
eventually() { # a command that comes true
    for _ in $(seq 100); do
        "$@" >"$ins/out" 2>&1 && return 0
        sleep 0.1
    done
    cat "$ins/out"
    return 1
}
refused() { # NODE REASON
    local got
    got=$(fetch "$1" 'demo:app/disk#raw:32' 2>&1) && return 1
    case $got in *"$2"*) ;; *) echo "$got"; return 1 ;; esac
}
works() { fetch "$1" 'demo:app/disk#raw:32'; }
level() { [ "$(status "$1" | jq -r .rollback)" = "$2" ]; }
again() { # NODE: from the state it has
    : >"$ins/$1/log"
    INS_PORT=$(sed 's/.*://' "$ins/$1/url") ins_start "$1" sealring-node-insecure && ins_ready "$1"
}

ins_genesis || exit 1
bootstrap one
check "the bootstrap node becomes ready" ins_ready one
cid=$(ins_cid one)
check "alone it releases nothing" refused one unwitnessed
joins two one
check "a second node joins, although nobody could witness that" ins_ready two
check "and now there is a witness: the first releases" eventually works one
check "the second does too" eventually works two
joins three two
check "a third joins" ins_ready three
check "and releases" eventually works three
cosigned() { # NODE: what it shows is signed by others too
    local id
    id=$(status "$1" | jq -r .id)
    [ "$(curl -s "$(ins_url "$1")/sealring/v1/log/$id/checkpoint" | grep -c '^— sealring/')" -ge 2 ]
}
check "the checkpoint that is served carries cosignatures" cosigned one
check "status says so" level one peers
check "of the third too" level three peers

# a restart that lost nothing
check "the third stops" ins_stop three
cp -a "$ins/three/state" "$ins/old"
check "it comes back" again three
check "and releases" eventually works three

# a restored backup
check "it stops" ins_stop three
rm -rf "$ins/three/state" && cp -a "$ins/old" "$ins/three/state"
check "an old copy of its disk starts" again three
check "and is refused" eventually refused three rolled-back
check "for good" refused three rolled-back
check "its status says so" bash -c 'curl -s "$1/sealring/v1/status" | jq -e ".warnings | map(test(\"rolled-back\")) | any"' sh "$(ins_url three)"
check "the others go on" works one
ins_kill three

# a clone that runs beside the original
mkdir "$ins/clone"
cp -a "$ins/two/state" "$ins/clone/state"
ins_start clone sealring-node-insecure
check "a copy of a running node starts beside it" ins_ready clone
one_of_them() { ! works clone >"$ins/out.clone" 2>&1 || ! works two >"$ins/out.two" 2>&1; }
check "one of the two is refused" eventually one_of_them
echo "clone: $(fetch clone 'demo:app/disk#raw:32' 2>&1 | tail -n 1)" >&2
echo "two: $(fetch two 'demo:app/disk#raw:32' 2>&1 | tail -n 1)" >&2

# nobody there
ins_kill two
ins_kill clone
check "without witnesses nothing is released" refused one unwitnessed
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
