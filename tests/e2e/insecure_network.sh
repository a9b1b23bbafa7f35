#!/bin/bash
# insecure_network.sh - three insecure nodes: genesis, a join, a join through the joined one, a secret put at one
# and fetched at all, policies, restarts, and what must be refused. BUILD is the first argument.
set -u
BUILD=$1
passed=0 failed=0
command -v jq >/dev/null && command -v curl >/dev/null || { echo "0 passed, 0 failed, 1 skipped"; exit 77; }
. tests/e2e/lib_insecure.sh
ins_begin || exit 1

bootstrap() { # NAME: with this network's genesis files
    ins_start "$1" sealring-bootstrap-insecure --genesis "$ins/genesis.json" --genesis-policy "$ins/policy.json" \
        --genesis-bundle "$ins/genesis.bundle"
}
joins() { # NAME VIA
    ins_start "$1" sealring-node-insecure --cid "$cid" --join "$(ins_url "$2")"
}
reason() { # URL...: the reason code of a refusal
    curl -s "$@" | jq -r .error.reason
}
put() { printf '%s' "$3" | "$sealring" put --node "$(ins_url "$1")" --cid "$cid" --tenant demo --key "$ins/admin.key" "$2"; }
fetch() { # NODE WANT: prints the value
    "$sealring" fetch --platform insecure --node "$(ins_url "$1")" --cid "$cid" "$2"
}
same() { # NODE WANT VALUE: waits for it: packages and policies need a moment to pass on
    for _ in $(seq 60); do
        [ "$(fetch "$1" "$2" 2>"$ins/err")" = "$3" ] && return 0
        sleep 0.1
    done
    cat "$ins/err"
    return 1
}
refused() { # WANT REASON: at node two, a fetch fails for that reason
    local got
    got=$(fetch two "$1" 2>&1) && return 1
    case $got in *"$2"*) ;; *) echo "$got"; return 1 ;; esac
}
status() { curl -s "$(ins_url "$1")/sealring/v1/status" | jq -e "$2"; }
eventually() { # NODE EXPRESSION
    for _ in $(seq 60); do
        status "$1" "$2" >/dev/null && return 0
        sleep 0.1
    done
    status "$1" .
    return 1
}

ins_genesis || exit 1
bootstrap one
check "the bootstrap node becomes ready" ins_ready one
cid=$(ins_cid one)
same_bundle() { curl -s "$(ins_url "$1")/sealring/v1/genesis" | cmp - "$ins/genesis.bundle"; }
check "it serves the bundle that it wrote" same_bundle one
check "one member is warned about" status one '.warnings | index("one member: losing it loses every key") != null'

joins two one
check "a second node joins" ins_ready two
joins three two
check "a third joins through the second" ins_ready three
check "the third serves the genesis bundle too" same_bundle three
check "all three know all three" eventually one '.members | length == 3'
check "and the last one too" eventually three '.members | length == 3'

check "a secret is put at the second node" put two app/password 'correct horse'
for node in one two three; do
    check "$node releases it" same $node demo:app/password 'correct horse'
done
check "a new version is put at the first" put one app/password 'battery staple'
check "and reaches the third" same three demo:app/password 'battery staple'
check "the old version is still there by number" same three demo:app/password@1 'correct horse'
one=$(fetch one 'demo:app/disk#raw:32' | sha256sum)
check "a derived key is the same on the third node" test "$one" = "$(fetch three 'demo:app/disk#raw:32' | sha256sum)"
check "and another for another path" test "$one" != "$(fetch three 'demo:app/disc#raw:32' | sha256sum)"
check "a path outside the rule is refused" refused demo:other/x key-denied
check "a tenant that is none is refused" refused nobody:app/x tenant-unknown
check "a secret that is not there is not found" refused demo:app/nothing not-found

check "a put by a stranger's key is refused" bash -c '
    printf x | "$1" put --node "$2" --cid "$3" --tenant demo --key "$4" app/y 2>&1 | grep -E "forbidden|package-signer"' \
    sh "$sealring" "$(ins_url one)" "$cid" "$ins/operator.key"
check "a deletion at the third" "$sealring" delete --node "$(ins_url three)" --cid "$cid" --tenant demo \
    --key "$ins/admin.key" app/password
gone() {
    for _ in $(seq 60); do
        fetch one demo:app/password 2>&1 | grep -q package-deleted && return 0
        sleep 0.1
    done
    return 1
}
check "reaches the first" gone

first=$("$sealring" policy check --json "$ins/policy.json" | jq -r .hash)
ins_policy "$ins/policy2.json" 2 "$first"
"$sealring" policy canonical "$ins/policy2.json" >"$ins/policy2.canonical"
check "an unsigned policy is refused" bash -c '
    ! "$1" policy apply --node "$2" --cid "$3" "$4"' sh "$sealring" "$(ins_url one)" "$cid" "$ins/policy2.canonical"
check "number stays 1" status one '.policy.number == 1'
check "an operator signs" "$sealring" policy sign --yes --node "$(ins_url one)" --cid "$cid" --key "$ins/operator.key" \
    --out "$ins/policy2.signed" "$ins/policy2.canonical"
check "a signed policy is applied at the second" "$sealring" policy apply --node "$(ins_url two)" --cid "$cid" \
    "$ins/policy2.signed"
for node in one two three; do
    check "it is in force at $node" eventually $node '.policy.number == 2'
done

check "the log of each member verifies" "$sealring" log verify --node "$(ins_url one)" --cid "$cid"
check "the third's as well" "$sealring" log verify --node "$(ins_url three)" --cid "$cid"

for verb in reload drain freeze thaw status; do
    check "admin $verb is not for the network" test \
        "$(curl -s -o /dev/null -w '%{http_code}' -X POST "$(ins_url one)/sealring/v1/admin/$verb")" -ge 400
done
check "the node still serves" status one '.state == "member"'
check "admin status by the Unix socket" bash -c \
    'curl -s --unix-socket "$1" http://x/sealring/v1/admin/status | jq -e ".state == \"member\""' sh "$ins/one/admin"
check "a package list without a signature is refused" test \
    "$(reason "$(ins_url one)/sealring/v1/packages?tenant=demo")" = unauthenticated
check "members' lists are for members" test "$(reason "$(ins_url one)/sealring/v1/sync/packages")" = unauthenticated
check "rubbish for M1 is malformed" test "$(reason -H 'Content-Type: application/octet-stream' --data-binary x \
    "$(ins_url one)/sealring/v1/join/challenge")" = malformed

ins_kill three
ins_start three sealring-node-insecure --cid "$cid" --join "$(ins_url two)"
check "kill -9, and it comes back from its sealed masters" ins_ready three
check "without a new join" bash -c '! grep -q join-try "$1"' sh "$ins/three/log"
check "and releases" same three 'demo:app/other#raw:32' "$(fetch one 'demo:app/other#raw:32')"
check "SIGTERM drains and ends well" ins_stop two
check "the log says that it stopped" grep -q msg=stopped "$ins/two/log"

# Killed at thirty points between its start and its ready line, a joiner ends as a member all the same.
for i in $(seq 30); do
    joins five one
    sleep "$(printf '0.%03d' $((i * 4)))"
    ins_kill five
done
joins five one
check "a joiner killed thirty times becomes a member" ins_ready five
check "and releases" same five 'demo:app/other#raw:32' "$(fetch one 'demo:app/other#raw:32')"
check "its log verifies" "$sealring" log verify --node "$(ins_url five)" --cid "$cid"

# So does a genesis: it goes on with the masters it has sealed, or starts anew when there were none.
begin() {
    ins_start six sealring-bootstrap-insecure --genesis "$ins/genesis.json" --genesis-policy "$ins/policy.json"
}
for i in $(seq 20); do
    begin
    sleep "$(printf '0.%03d' $((i * 2)))"
    kill -9 "$(cat "$ins/six/pid")" && wait "$(cat "$ins/six/pid")" 2>/dev/null
    grep -q msg=ready "$ins/six/log" && break
done
finish() { # it may have become one just before it was killed
    grep -q msg=ready "$ins/six/log" && return 0
    begin
    ins_ready six && return 0
    grep -q reason=state-exists "$ins/six/log"
}
check "a genesis killed twenty times becomes a network" finish

ins_stop one
: >"$ins/one/log"
bootstrap one
check "started again with the same genesis.json, it is the member that it was" ins_ready one
check "of the same network" test "$(ins_cid one)" = "$cid"
again() { # a second genesis over the first one's state
    ins_stop one
    : >"$ins/one/log"
    jq -c '.salt = (.salt | explode | reverse | implode)' "$ins/genesis.json" >"$ins/second.json"
    ins_start one sealring-bootstrap-insecure --genesis "$ins/second.json" --genesis-policy "$ins/policy.json"
    wait "$(cat "$ins/one/pid")" && return 1
    grep -q reason=state-exists "$ins/one/log"
}
check "a second genesis over the same state is refused" again
check "an unknown cid is refused before anything is asked" bash -c '
    timeout 20 "$1" --platform insecure --state-dir "$2" --listen-plain 127.0.0.1:0 --cid "${3%?}x" --join http://127.0.0.1:1 \
        2>&1 | grep -q network-id-text' sh "$BUILD/sealring-node-insecure" "$ins/four" "$cid"

mkdir "$ins/race"
for i in $(seq 8); do
    "$BUILD/sealring-bootstrap-insecure" --platform insecure --state-dir "$ins/race/state" --listen-plain 127.0.0.1:0 \
        --genesis "$ins/genesis.json" --genesis-policy "$ins/policy.json" 2>"$ins/race/log.$i" &
    echo $! >>"$ins/race/pids"
done
sleep 2
ready=$(cat "$ins"/race/log.* | grep -c msg=ready)
while read -r pid; do kill "$pid" 2>/dev/null; done <"$ins/race/pids"
while read -r pid; do wait "$pid" 2>/dev/null; done <"$ins/race/pids"
check "of eight bootstraps of one folder, one becomes a network" test "$ready" = 1

echo "$passed passed, $failed failed"
[ $failed = 0 ]
