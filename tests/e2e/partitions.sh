#!/bin/bash
# partitions.sh - members in network namespaces of their own: networks of 3 and of 5 are cut in two and healed, members are
# killed and come back, while a client puts and fetches. The smaller part serves nothing once its leases end. Everything
# acknowledged is everywhere in the end, no fetch fails at all members or brings a wrong value, and there is one policy. The master
# is rotated by the larger part, which fails nobody meanwhile, and while members are killed. BUILD is the first argument; ROUNDS (1)
# is how often.
set -u
BUILD=$1
passed=0 failed=0 rounds=${ROUNDS:-1}
. tests/e2e/lib_insecure.sh
. tests/e2e/lib_netns.sh
command -v jq >/dev/null && command -v curl >/dev/null && ns_able || { echo "0 passed, 0 failed, 1 skipped"; exit 77; }
ins_begin || exit 1
pids=
trap 'for p in $pids; do kill $p 2>/dev/null; done; ins_end; ns_end' EXIT

put() { printf '%s' "$3" | ns_client timeout 10 "$sealring" put --node "$(ns_url "$1")" --timeout 3 --cid "$cid" --tenant demo --key "$ins/admin.key" "$2"; }
fetch() { ns_client timeout 10 "$sealring" fetch --platform insecure --timeout 3 --node "$(ns_url "$1")" --cid "$cid" "$2"; }
status() { ns_client curl -sk -m 3 "$(ns_url "$1")/sealring/v1/status" | jq -e "$2"; }
eventually() { # COMMAND...
    for _ in $(seq 300); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    "$@"
}
everywhere() { # EXPRESSION
    local i
    for i in $(seq "$n"); do eventually status "$i" "$1" || return 1; done
}
no() { ! "$@"; }
is() { [ "$(fetch "$1" "$2")" = "$3" ]; }
policy() { # NUMBER MEMBER: the same rules again, and leases, at a member
    local previous
    previous=$(status "$2" .policy.hash | tr -d '"')
    ins_policy "$ins/policy.plain" "$1" "$previous"
    jq -cS '.member_lease = 10' "$ins/policy.plain" >"$ins/policy.$1"
    ns_client "$sealring" policy sign --yes --node "$(ns_url "$2")" --cid "$cid" --key "$ins/operator.key" --out "$ins/policy.$1.s" \
        "$ins/policy.$1" && ns_client "$sealring" policy apply --node "$(ns_url "$2")" --cid "$cid" "$ins/policy.$1.s"
}
# Drawn at a member, approved by the operator, handed in there.
rotate() {
    local at
    at=(--node "$(ns_url "$1")" --cid "$cid")
    rm -f "$ins/draw" "$ins/approved"
    ns_client curl -skf -m 10 -o "$ins/bundle" "$(ns_url "$1")/sealring/v1/genesis" &&
        ns_client "$sealring" policy show "${at[@]}" >"$ins/policy.now" &&
        ns_client "$sealring" epoch draw "${at[@]}" --key "$ins/operator.key" --out "$ins/draw" &&
        "$sealring" epoch sign --cid "$cid" --key "$ins/operator.key" --bundle "$ins/bundle" --policy "$ins/policy.now" \
            --out "$ins/approved" "$ins/draw" && ns_client "$sealring" epoch submit "${at[@]}" "$ins/approved"
}
# Each of these members, all the time, and what one does not give has failed.
strictly() {
    local i
    while [ ! -e "$ins/strict.end" ]; do
        for i in "$@"; do
            [ "$(ns_client timeout 60 "$sealring" fetch --platform insecure --node "$(ns_url "$i")" --cid "$cid" demo:app/first 2>>"$ins/strict.why")" = value ] &&
                echo ok >>"$ins/strict" || echo "$i" >>"$ins/strict"
        done
    done
}
strict_begin() { rm -f "$ins"/strict*; strictly "$@" & strict=$!; pids="$pids $strict"; }
strict_end() { touch "$ins/strict.end"; wait "$strict"; grep -q ok "$ins/strict" && ! grep -v ok "$ins/strict" || { tail -n 3 "$ins/strict.why"; return 1; }; }
lapsed() { fetch "$1" demo:app/first 2>&1 | grep -q '(lease)'; }

# The client goes over to the other part: what it asks meanwhile is no matter of the larger one.
client_to() { echo moving >"$ins/side" && echo >>"$ins/moves" && ns_to c "$1" && echo "$1" >"$ins/side"; }
moves() { wc -l <"$ins/moves"; }
# One member after the other is asked, as clients do; what none of them does, with the client where the larger part is, has failed.
keep_fetching() {
    local i=0 j got done moved
    while [ ! -e "$ins/enough" ]; do
        done= moved=$(moves)
        [ "$(cat "$ins/side")" = swa ] || { sleep 0.1; continue; }
        for j in $(seq "$n"); do
            got=$(fetch $(((i + j) % n + 1)) demo:app/first 2>/dev/null) || continue
            [ "$got" = value ] && done=ok || done=WRONG
            break
        done
        [ -z "$done" ] && [ "$(moves)" != "$moved" ] || echo "${done:-none}" >>"$ins/fetched"
        i=$((i + 1))
    done
}
# Acknowledged puts, each under a name of its own.
keep_putting() {
    local i=0 j
    while [ ! -e "$ins/enough" ]; do
        for j in $(seq "$n"); do
            put $(((i + j) % n + 1)) "app/p$i" "v$i" >/dev/null 2>&1 && echo "$i" >>"$ins/acknowledged" && break
        done
        i=$((i + 1))
    done
}

network() { # N
    n=$1
    rm -rf "$ins"/m* "$ins"/policy.*.s "$ins/enough" "$ins/fetched" "$ins/acknowledged"
    ns_begin "$n" || return 1
    ns_start 1 sealring-bootstrap-insecure --genesis "$ins/genesis.json" --genesis-policy "$ins/policy.json"
    ns_ready 1 || return 1
    cid=$(ins_cid m1)
    for i in $(seq 2 "$n"); do
        ns_start "$i" sealring-node-insecure --cid "$cid" --join "$(ns_url $((i - 1)))"
        ns_ready "$i" || return 1
    done
}
back() { ns_start "$1" sealring-node-insecure --cid "$cid" --join "$(ns_url $(($1 % n + 1)))" && ns_ready "$1"; }

trial() { # N MINORITY...: the members that are cut off
    local size=$1 number r victim i epoch=1 strict
    shift
    network "$size" >"$ins/out" 2>&1 || { failed=$((failed + 1)); echo "FAILED: a network of $size"; tail -n 5 "$ins/out"; return; }
    check "everybody knows everybody" everywhere ".members | length == $size"
    check "a secret" put 1 app/first value
    for i in $(seq "$size"); do check "is at $i" eventually is "$i" demo:app/first value; done
    number=2
    check "leases" policy 2 1
    check "everywhere" everywhere '.policy.number == 2 and .lease.held'
    : >"$ins/moves" && echo swa >"$ins/side"
    keep_fetching &
    pids="$pids $!"
    keep_putting &
    pids="$pids $!"
    for r in $(seq "$rounds"); do
        # Seen from inside: the smaller part stops, the larger goes on, and is the only one that changes anything.
        ns_split "$@"
        check "the cut is one" no ns_client curl -sk -m 2 "$(ns_url "$1")/healthz"
        client_to swb
        for i in "$@"; do check "member $i, cut off with fewer than half, stops" eventually lapsed "$i"; done
        check "and takes no secret" no put "$1" app/minority nothing
        client_to swa
        number=$((number + 1))
        check "operators go on with the rest" eventually policy "$number" 1
        check "which serves" is 1 demo:app/first value
        # Who is behind in policy is not vouched for: a fetch may fail by that, and is not counted.
        for i in $(seq $((size - $#))); do check "and is vouched for at $i" eventually status "$i" ".policy.number == $number and .lease.held"; done
        strict_begin $(seq $((size - $#)))
        check "and rotates the master" rotate 1
        epoch=$((epoch + 1))
        for i in $(seq $((size - $#))); do check "epoch $epoch at $i" eventually status "$i" ".epoch == $epoch"; done
        check "without a failed fetch" strict_end
        client_to swb
        for i in "$@"; do check "member $i is where it was" status "$i" ".epoch == $((epoch - 1))"; done
        check "the smaller part has a link of its own" rotate "$1"
        sleep 2
        check "which it does not use" status "$1" ".epoch == $((epoch - 1)) and .epochs[-1].state == \"pending\""
        client_to swa
        ns_heal
        check "after healing everybody goes by policy $number" everywhere ".policy.number == $number"
        for i in "$@"; do check "and member $i serves again" eventually is "$i" demo:app/first value; done
        check "at epoch $epoch" everywhere ".epoch == $epoch"
        victim=$(((r % size) + 1))
        ns_kill "$victim"
        sleep 2
        check "member $victim comes back after kill -9" back "$victim"
        check "and serves" eventually is "$victim" demo:app/first value
        # Killed as soon as the link is there: one that has to pull it, another, and the one that drew.
        for victim in 1 2 3; do
            check "rotated, and member $victim killed" rotate $((victim < 3 ? victim + 1 : 3))
            ns_kill "$victim"
            epoch=$((epoch + 1))
            check "it comes back" back "$victim"
            check "everybody is at epoch $epoch" everywhere ".epoch == $epoch"
        done
        for i in $(seq "$size"); do check "member $i serves" eventually is "$i" demo:app/first value; done
    done
    touch "$ins/enough"
    wait $pids
    pids=
    check "no fetch brought a wrong value" no grep -qx WRONG "$ins/fetched"
    check "there were fetches" test "$(grep -cx ok "$ins/fetched")" -ge "$rounds"
    check "somebody always answered" no grep -qx none "$ins/fetched"
    check "puts were acknowledged" test -s "$ins/acknowledged"
    while read -r i; do
        for j in $(seq "$size"); do check "put $i, acknowledged, is at $j" eventually is "$j" "demo:app/p$i" "v$i"; done
    done < <(tail -n 8 "$ins/acknowledged")
    for i in $(seq "$size"); do check "the log of $i verifies" ns_client "$sealring" log verify --node "$(ns_url "$i")" --cid "$cid"; done
    for i in $(seq "$size"); do ns_kill "$i"; done
    ns_end
}

ins_genesis || exit 1
trial 3 3
trial 5 4 5
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
