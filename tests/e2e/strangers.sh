#!/bin/bash
# strangers.sh - what anybody can send to a member, and what a member can do to the others: messages again and again,
# signed requests at another member, addresses that lead elsewhere, a peer that never comes to an end, policies that only a
# late joiner can tell.
set -u
BUILD=$(cd "$1" && pwd)
passed=0 failed=0
command -v jq >/dev/null && command -v python3 >/dev/null || { echo "0 passed, 0 failed, 1 skipped"; exit 77; }
. tests/e2e/lib_insecure.sh
ins_begin || exit 1

within() { # SECONDS COMMAND...
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $until ] || return 1
        sleep 0.2
    done
}
member() { ins_start "$1" sealring-node-insecure --cid "$cid" --join "$(ins_url "$2")" "${@:3}"; }
first() { ins_start a sealring-bootstrap-insecure --genesis "$ins/genesis.json" --genesis-policy "$ins/policy.json" --genesis-bundle "$ins/a.bundle"; }
put() { printf '%s' "$3" | "$sealring" put --node "$(ins_url "$1")" --cid "$cid" --tenant demo --key "$ins/admin.key" "$2"; }
has() { [ "$("$sealring" fetch --platform insecure --node "$(ins_url "$1")" --cid "$cid" "demo:$2")" = "$3" ]; }
number() { [ "$(curl -sf "$(ins_url "$1")/sealring/v1/policy" | jq .policy.number)" = "$2" ]; }
policy() { # NUMBER FILE-BEFORE: signs and applies the next at a
    ins_policy "$ins/p$1" "$1" "$("$sealring" policy check --json "$2" | jq -r .hash)" &&
        "$sealring" policy sign --yes --key "$ins/operator.key" --node "$(ins_url a)" --cid "$cid" --out "$ins/p$1.signed" "$ins/p$1" &&
        "$sealring" policy apply --node "$(ins_url a)" --cid "$cid" "$ins/p$1.signed"
}
refused_start() { # REASON FLAGS...: a node that does not start
    local want=$1
    shift
    timeout 20 "$BUILD/sealring-node-insecure" --platform insecure --state-dir "$ins/none" --listen-plain 127.0.0.1:0 --cid "$cid" "$@" \
        >"$ins/none.log" 2>&1
    [ $? -eq 2 ] && grep -q "reason=$want" "$ins/none.log"
}

# Genesis
ins_genesis && cp "$ins/genesis.json" "$ins/good.json"
jq -cS --arg ca "$ak_ca" '.roots = [{type: "insecure", spki: [$ca]}]' "$ins/good.json" >"$ins/genesis.json"
first
ended_without_it() { ! ins_ready a && ! wait "$(cat "$ins/a/pid")"; }
check "a genesis whose evidence leads to no root of its record does not become a network" ended_without_it
check "and says so" grep -q "reason=ek-chain" "$ins/a/log"
rm -rf "$ins/a" && cp "$ins/good.json" "$ins/genesis.json"
first
check "genesis" ins_ready a
cid=$(ins_cid a)
check "its bundle verifies" "$sealring" verify-genesis --cid "$cid" "$ins/a.bundle"

# Addresses
check "an address with a path is none" refused_start config --join "$(ins_url a)" --address http://127.0.0.1:1/x
check "nor one with a query" refused_start config --join "$(ins_url a)" --address "http://127.0.0.1:1?x="
check "nor a socket" refused_start config --join "$(ins_url a)" --address unix:/run/admin
check "nor is a node to join through" refused_start config --join "unix:$ins/a/admin"

# Again and again, and elsewhere
b_port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
INS_PORT=$b_port member b a
check "b joins" ins_ready b
check "a secret" put a app/one first
check "it reaches b" within 10 has b app/one first
python3 tests/e2e/strangers.py again "$BUILD" "$ins" "$cid" "$(ins_url a)" "$(ins_url b)" >"$ins/report"
cat "$ins/report"
IFS=" ," read -r p _ f _ < <(tail -n 1 "$ins/report")
case $(tail -n 1 "$ins/report") in *" passed, "*" failed") passed=$((passed + p)) failed=$((failed + f)) ;; *) failed=$((failed + 1)) ;; esac

# Policies that only a late joiner has
ins_stop b && : >"$ins/b/log"
check "policy 2" policy 2 "$ins/policy.json"
check "policy 3" policy 3 "$ins/p2"
member c a
check "c joins under policy 3" ins_ready c
check "and learns the ones before" within 10 curl -sf -o /dev/null "$(ins_url c)/sealring/v1/policy?number=1"
ins_kill a
INS_PORT=$b_port ins_start b sealring-node-insecure --cid "$cid" --join http://127.0.0.1:1
check "b is back, with nobody but c" ins_ready b
check "and comes to policy 3" within 15 number b 3

# A peer that never comes to an end
first
check "a is back" ins_ready a
python3 tests/e2e/strangers.py slow "$ins/slow" >"$ins/slow.log" 2>&1 &
slow=$!
within 10 test -s "$ins/slow"
member d c --address "http://127.0.0.1:$(cat "$ins/slow")"
check "d joins, and is reached at a server of its own" ins_ready d
check "that has every member wait for packages" within 30 grep -q "3 callers" "$ins/slow.log"
check "a secret while they do" put a app/two second
check "it reaches b" within 20 has b app/two second
check "and c" within 20 has c app/two second
check "they call again" within 20 grep -q "call 40" "$ins/slow.log"
began=$SECONDS
check "a stops in the middle of a call" ins_stop a
check "within seconds" test $((SECONDS - began)) -le 4
kill $slow
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
