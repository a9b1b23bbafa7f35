#!/bin/bash
# audit.sh - an auditor outside a network of three: everything fits; a member that is away; what is news while it
# watches; a member that goes back to an older copy of its disk and writes another history. BUILD is the first argument.
set -u
BUILD=$1
passed=0 failed=0
command -v jq >/dev/null || { echo "0 passed, 0 failed, 1 skipped"; exit 77; }
. tests/e2e/lib_insecure.sh
ins_begin || exit 1

bootstrap() {
    ins_start "$1" sealring-bootstrap-insecure --genesis "$ins/genesis.json" --genesis-policy "$ins/policy.json"
}
joins() { ins_start "$1" sealring-node-insecure --cid "$cid" --join "$(ins_url "$2")"; }
put() { printf x | "$sealring" put --node "$(ins_url "$1")" --cid "$cid" --tenant demo --key "$ins/admin.key" "$2"; }
fetch() { "$sealring" fetch --platform insecure --node "$(ins_url "$1")" --cid "$cid" "$2"; }
# audit NODE EXIT [ARG...]: its lines are in audit.out
audit() {
    local node=$1 want=$2 got
    shift 2
    "$sealring" log audit --node "$(ins_url "$node")" --cid "$cid" --timeout 5 "$@" >"$ins/audit.out" 2>&1
    got=$?
    [ $got = "$want" ] || { echo "exit $got"; cat "$ins/audit.out"; return 1; }
}
says() { jq -es "$1" "$ins/audit.out" >/dev/null || { cat "$ins/audit.out"; return 1; }; }
sum() { says "last | $1"; }
members() { curl -s "$(ins_url "$1")/sealring/v1/status" | jq -e '.members | length == 3' >/dev/null; }
wait_for() { # COMMAND...
    for _ in $(seq 100); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    return 1
}
restart_on() { # NAME PORT: with the state that it has; the port, because that is where the others expect it
    : >"$ins/$1/log"
    INS_PORT=$2 ins_start "$1" sealring-node-insecure --cid "$cid" --join "$(ins_url one)"
}

ins_genesis || exit 1
bootstrap one
check "the first member" ins_ready one
cid=$(ins_cid one)
joins two one && check "a second" ins_ready two
joins three two && check "a third, through the second" ins_ready three
check "they know each other" wait_for members one
check "a secret" put one app/a
check "is passed on and released" wait_for fetch three demo:app/a

mkdir "$ins/kept"
check "an audit fits" audit two 0 --state "$ins/kept"
check "three logs, nothing found" sum '.logs == 3 and .findings == 0 and .away == 0 and .broken == 0'
check "two joins, two members" says '[.[].joins // 0] | add == 2'
check "one release" says '[.[].releases // 0] | add == 1'
check "the measurement of the members and of the workload" says '[.[] | select(.measurement)] | length >= 1'
check "a checkpoint of each log is kept" test "$(ls "$ins"/kept/*.checkpoint | wc -l)" = 3
member=$(jq -r 'select(.members == 1) | .log' "$ins/audit.out" | head -n 1)
seen=$(jq -rs '[.[] | select(.measurement and .members > 0)][0].measurement' "$ins/audit.out")
check "with --list, every leaf" audit one 0 --list
check "the genesis among them" says '[.[] | select(.leaf.type == "genesis")] | length == 1'
check "leaves about members name policy and measurement" says '[.[] | select(.leaf.type != null) | .leaf |
    select(.type | IN("genesis", "member-self", "join-granted", "member", "start"))] |
    length >= 9 and all(.policy_number >= 1 and (.measurement | test("[1-9a-f]")))'
check "as many as the logs say" says '([.[].leaves // 0] | add) == ([.[] | select(.leaf)] | length)'
check "a measurement that is known" audit one 0 --known "$seen"
check "one that is not" audit one 1 --known "$(printf '0%.0s' $(seq 64))"
check "is named" says 'any(.finding == "measurement-unknown")'
case $cid in *x) mistyped=${cid%?}q ;; *) mistyped=${cid%?}x ;; esac
check "another network is refused" bash -c \
    '! "$1" log audit --node "$2" --cid "$3"' sh "$sealring" "$(ins_url one)" "$mistyped"

"$sealring" log watch --node "$(ins_url one)" --cid "$cid" --every 1 --timeout 5 >"$ins/watch.out" 2>&1 &
watcher=$!
sleep 2
joins four one && check "a join while somebody watches" ins_ready four
first=$("$sealring" policy check --json "$ins/policy.json" | jq -r .hash)
ins_policy "$ins/policy2.json" 2 "$first"
"$sealring" policy canonical "$ins/policy2.json" >"$ins/policy2.canonical"
"$sealring" policy sign --yes --node "$(ins_url one)" --cid "$cid" --key "$ins/operator.key" --out "$ins/policy2.signed" "$ins/policy2.canonical" >/dev/null
check "a policy while somebody watches" "$sealring" policy apply --node "$(ins_url two)" --cid "$cid" "$ins/policy2.signed"
check "the join is news" wait_for grep -q '"type":"join-granted"' "$ins/watch.out"
check "the new member is" wait_for grep -q '"type":"member-self"' "$ins/watch.out"
check "the policy is" wait_for grep -q '"policy_number":2.*"type":"policy"' "$ins/watch.out"
check "what was there before is not" bash -c '! grep -q "\"type\":\"genesis\"" "$1"' sh "$ins/watch.out"
ins_kill four
check "a member that goes away is news" wait_for grep -q '"state":"away"' "$ins/watch.out"
kill $watcher && wait $watcher 2>/dev/null
check "the audit says who was not read" audit one 3
check "and fits otherwise" sum '.away == 1 and .findings == 0 and .broken == 0'
check "watching ends after its rounds" bash -c \
    '"$1" log watch --node "$2" --cid "$3" --every 1 --rounds 1 --timeout 5; test $? = 3' sh "$sealring" "$(ins_url one)" "$cid"

# The disk of member two as it was, twice: first its log goes on, then the older copy goes on in another way.
port=$(ins_url two) && port=${port##*:}
ins_stop two
cp -a "$ins/two/state" "$ins/older"
restart_on two "$port" && check "member two again" ins_ready two
check "it goes on" put two app/b
check "and is audited" audit one 3 --state "$ins/kept"
ins_kill two
rm -rf "$ins/two/state" && mv "$ins/older" "$ins/two/state"
restart_on two "$port" && check "an older copy of its disk runs" ins_ready two
for i in 1 2 3 4 5; do put two "app/other$i" >/dev/null 2>&1; done
check "a log that was rewritten is found" audit one 1 --state "$ins/kept"
check "it is said which, and why" says 'any(.state == "broken" and .reason == "log-fork")'
check "an auditor without a past cannot know" audit one 3

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
