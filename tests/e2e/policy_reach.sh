#!/bin/bash
# policy_reach.sh - a policy handed to one of three members is in force at all of them once that one has been round, and nobody waits for
# a clock: rounds come once a day here, so every one that is seen was caused by the policy. Counted in exchanges, not in seconds.
set -u
BUILD=$1 INS_SYNC=86400
passed=0 failed=0
command -v jq >/dev/null && command -v curl >/dev/null || { echo "0 passed, 0 failed, 1 skipped"; exit 77; }
. tests/e2e/lib_insecure.sh
ins_begin || exit 1

exchanges() { curl -s "$(ins_url "$1")/metrics" | awk '$1 ~ /^sealring_sync(s|_failures)_total/ { n += $2 } END { print n + 0 }'; }
number() { curl -s "$(ins_url "$1")/sealring/v1/policy" | jq .policy.number; }
members() { curl -s "$(ins_url "$1")/sealring/v1/status" | jq '.members | length'; }
reaches() { # VALUE COMMAND...: it prints that in the end
    for _ in $(seq 600); do
        [ "$("${@:2}")" -ge "$1" ] 2>/dev/null && return
        sleep 0.1
    done
    "${@:2}"
    return 1
}
settled() { # nobody is on a round any more: two looks agree
    local before after=
    for _ in $(seq 100); do
        before=$after after="$(exchanges one) $(exchanges two) $(exchanges three)"
        [ "$before" = "$after" ] && return
        sleep 0.3
    done
    return 1
}
decide() { # MEMBER FILTER: the next policy, signed and handed to it
    rm -f "$ins/next" && curl -s "$(ins_url "$1")/sealring/v1/policy" | jq ".policy | $2" >"$ins/draft" &&
        "$sealring" policy propose --node "$(ins_url "$1")" --cid "$cid" --out "$ins/next" "$ins/draft" &&
        "$sealring" policy sign --yes --node "$(ins_url "$1")" --cid "$cid" --key "$ins/operator.key" "$ins/next" &&
        "$sealring" policy apply --node "$(ins_url "$1")" --cid "$cid" "$ins/next"
}
in_force() { # NUMBER MEMBER...
    local want=$1 name
    for name in "${@:2}"; do [ "$(number "$name")" = "$want" ] || { echo "$name: $(number "$name")"; return 1; }; done
}

ins_genesis
ins_start one sealring-bootstrap-insecure --genesis "$ins/genesis.json" --genesis-policy "$ins/policy.json"
ins_ready one || exit 1
cid=$(ins_cid one)
join() { ins_start "$1" sealring-node-insecure --cid "$cid" --join "$(ins_url "$2")" && ins_ready "$1"; }
check "a second member" join two one
check "a third, through the second" join three two
for name in one two three; do check "$name knows all" reaches 3 members $name; done
check "and then it is quiet" settled

before=$(exchanges two)
check "a policy is handed to the second" decide two '.tenants[0].max_secrets = 99'
check "it makes one round: two exchanges" reaches $((before + 2)) exchanges two
check "after which all have it" in_force 2 one two three
check "and it is quiet again" settled
quiet=$(exchanges one)
check "the same once more wakes nobody" bash -c '! "$0" policy apply --node "$1" --cid "$2" "$3"' "$sealring" "$(ins_url one)" "$cid" "$ins/next"
check "nobody went round for it" test "$(exchanges one)" = "$quiet"

# Who was away has it after the first round of its own.
ins_stop three
check "a policy while the third is away" decide one '.tenants[0].max_secrets = 98'
: >"$ins/three/log"
ins_start three sealring-node-insecure --cid "$cid" --join "$(ins_url two)"
check "it comes back" ins_ready three
check "makes its first round" reaches 2 exchanges three
check "and has it" in_force 3 one two three

echo "$passed passed, $failed failed"
[ $failed = 0 ]
