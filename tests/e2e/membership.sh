#!/bin/bash
# membership.sh - insecure nodes whose operators act upon members: joins frozen and thawed, by policy and at one member;
# one member expelled. BUILD is the first argument.
set -u
BUILD=$1
passed=0 failed=0
command -v jq >/dev/null && command -v curl >/dev/null || { echo "0 passed, 0 failed, 1 skipped"; exit 77; }
. tests/e2e/lib_insecure.sh
ins_begin || exit 1

joins() { # NAME VIA
    ins_start "$1" sealring-node-insecure --cid "$cid" --join "$(ins_url "$2")"
}
status() { curl -s "$(ins_url "$1")/sealring/v1/status" | jq -e "$2"; }
eventually() { # COMMAND...
    for _ in $(seq 600); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    "$@"
}
admin() { curl -s --unix-socket "$ins/$1/admin" -X POST "http://x/sealring/v1/admin/$2" | jq -e ".done == \"$2\""; }
fetch() { # NODE: a derived key
    "$sealring" fetch --platform insecure --node "$(ins_url "$1")" --cid "$cid" 'demo:app/disk#raw:32'
}
next() { # NODE COMMAND...: proposes the next policy from what NODE holds, signs it, hands it to NODE
    local node=$1
    shift
    rm -f "$ins/next"
    "$sealring" "$@" --node "$(ins_url "$node")" --cid "$cid" --out "$ins/next" &&
        "$sealring" policy sign --yes --node "$(ins_url "$node")" --cid "$cid" --key "$ins/operator.key" "$ins/next" &&
        "$sealring" policy apply --node "$(ins_url "$node")" --cid "$cid" "$ins/next"
}
says() { grep -q "$2" "$ins/$1/log"; }

ins_genesis || exit 1
ins_start one sealring-bootstrap-insecure --genesis "$ins/genesis.json" --genesis-policy "$ins/policy.json" \
    --genesis-bundle "$ins/genesis.bundle"
check "the bootstrap node becomes ready" ins_ready one
cid=$(ins_cid one)
joins two one
check "a second node joins" ins_ready two

# Freeze
check "joins are frozen by a policy" next one policy freeze
check "which reaches the second" eventually status two '.frozen.by_policy and .policy.number == 2'
joins three two
check "a third is refused" eventually says three 'reason=frozen'
check "keys are still released" fetch two
check "joins are thawed" next two policy thaw
check "and the third gets in" ins_ready three
check "a freeze at one member" admin one freeze
check "is shown there" status one '.frozen.here and (.frozen.by_policy | not)'
ins_kill one
ins_start one sealring-node-insecure --cid "$cid" --join "$(ins_url two)"
check "that member starts again" ins_ready one
check "and is still frozen" status one '.frozen.here'
joins four one
check "nobody joins through it" eventually says four 'reason=frozen'
ins_kill four
rm -rf "$ins/four"
check "it is thawed" admin one thaw
joins four one
check "and joins go on" ins_ready four
check "both turns are in its log" bash -c '[ "$("$1" log show --node "$2" --cid "$3" --json | grep -c "\"freeze\"")" -ge 2 ]' \
    sh "$sealring" "$(ins_url one)" "$cid"

# Expulsion: of the fourth, which stands still meanwhile and so hears of it last
ended() { ! kill -0 "$(cat "$ins/$1/pid")" 2>/dev/null; }
code() { curl -s -o /dev/null -w '%{http_code}' "$(ins_url "$1")$2"; }
four=$(curl -s "$(ins_url four)/sealring/v1/status" | jq -r '.id as $id | .members[] | select(.id == $id) | .key')
kill -STOP "$(cat "$ins/four/pid")"
check "the fourth is expelled at the second" next two policy expel --name four --member "$four"
check "the first holds that policy" eventually status one '.policy.number == 4'
kill -CONT "$(cat "$ins/four/pid")"
check "the fourth ends by itself" eventually ended four
wait "$(cat "$ins/four/pid")"
check "in good order" test $? = 0
check "and says why" says four 'msg=expelled'
: >"$ins/four/log"
INS_PORT=$(sed "s/.*://" "$ins/four/url") joins four one
check "started again it says what it is" eventually says four 'msg=expelled'
check "in its status too" eventually status four '.state == "expelled"'
check "it is not healthy" test "$(code four /healthz)" = 503
check "it serves nothing" test "$(curl -s -X POST "$(ins_url four)/sealring/v1/release/challenge" | jq -r .error.reason)" = expelled
check "it did not try to join" bash -c '! grep -q join-try "$1"' sh "$ins/four/log"
check "the others go on" fetch one
check "a policy that leaves somebody is not warned about" bash -c \
    '! "$1" policy check --node "$2" --cid "$3" "$4" | grep -q "network ends"' sh "$sealring" "$(ins_url one)" "$cid" "$ins/next"
jq -c --argjson keys "$(curl -s "$(ins_url one)/sealring/v1/status" | jq -c '[.members[].key]')" \
    '.policy.expelled = [$keys[] | {key: ., name: "all"}] | .policy' "$ins/next" >"$ins/all"
check "one that leaves nobody is" bash -c '"$1" policy check --node "$2" --cid "$3" "$4" | grep -q "network ends"' \
    sh "$sealring" "$(ins_url one)" "$cid" "$ins/all"

# Leases: of three, each needs one other
amend() { # JQ: the next policy is that in force at the first, changed so; handed to the first
    curl -s "$(ins_url one)/sealring/v1/policy" | jq -c ".policy | $1" >"$ins/draft" && rm -f "$ins/next" &&
        "$sealring" policy propose --node "$(ins_url one)" --cid "$cid" --out "$ins/next" "$ins/draft" &&
        "$sealring" policy sign --yes --node "$(ins_url one)" --cid "$cid" --key "$ins/operator.key" "$ins/next" &&
        "$sealring" policy apply --node "$(ins_url one)" --cid "$cid" "$ins/next"
}
refusal() { curl -s -X POST "$(ins_url "$1")/sealring/v1/release/challenge" | jq -r .error.reason; }
lapsed() { [ "$(refusal "$1")" = lease ]; }
pause() { for n in "$@"; do kill -STOP "$(cat "$ins/$n/pid")"; done; }
resume() { for n in "$@"; do kill -CONT "$(cat "$ins/$n/pid")"; done; }
check "members get leases" amend '.member_lease = 5'
for node in one two three; do
    check "$node is vouched for" eventually status $node '.lease.held and .lease.needed == 1'
    check "$node serves" eventually fetch $node
done
pause two
sleep 6 # longer than a lease: what follows holds by what the third says
check "two of three go on" fetch one
pause three
check "the last one stops by itself" eventually lapsed one
check "and says so" status one '.lease.held | not'
check "in its log" eventually says one 'msg=lease-lapsed'
check "a policy is taken all the same" amend '.min_epoch = 1'
resume two three
check "vouched for again" eventually status one '.lease.held'
check "it serves again" eventually fetch one
check "all hold that policy" eventually status three '.policy.number == 6'

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
