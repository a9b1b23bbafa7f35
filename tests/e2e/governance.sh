#!/bin/bash
# governance.sh - the life of a policy by the real command, on a network of three insecure nodes that two of three operators
# govern: proposed from a draft, signed offline by one after the other, looked at on the way, applied, and what is refused.
set -u
BUILD=$1
passed=0 failed=0
command -v jq >/dev/null && command -v curl >/dev/null || { echo "0 passed, 0 failed, 1 skipped"; exit 77; }
. tests/e2e/lib_insecure.sh
ins_begin || exit 1
run=$ins

exits() { local want=$1 got; shift; "$@"; got=$?; [ $got -eq "$want" ] || { echo "exit status $got, not $want"; return 1; }; }
reason() { # CODE COMMAND...
    local want=$1 got
    shift
    got=$("$@" --json | jq -r .error.reason)
    [ "$got" = "$want" ] || { echo "reason $got, not $want"; return 1; }
}
sealring() { "$sealring" "$@"; }

# The network: anna, ben and cleo, two of whom decide.
for who in anna ben cleo stranger; do "$sealring" keygen "$run/$who" >/dev/null || exit 1; done
public() { openssl pkey -pubin -in "$run/$1.pub" -outform DER | tail -c 32 | od -An -tx1 | tr -d ' \n'; }
ins_genesis
keys=$(for who in anna ben cleo; do public $who; echo; done | sort | jq -R . | jq -cs .)
jq -cS --argjson keys "$keys" '.operators = {k: 2, keys: $keys}' "$ins/genesis.json" >"$run/g" && mv "$run/g" "$ins/genesis.json"
ins_start one sealring-bootstrap-insecure --genesis "$ins/genesis.json" --genesis-policy "$ins/policy.json" --genesis-bundle "$run/bundle"
check "a network of three operators" ins_ready one
cid=$(ins_cid one)
export SEALRING_CID=$cid
number() { [ "$(curl -s "$(ins_url "$1")/sealring/v1/policy" | jq .policy.number)" = "$2" ]; }

# Offline: the bundle and the policy in force are files, as public as the network is.
sealring policy show --node "$(ins_url one)" >"$run/current"
net=(--bundle "$run/bundle" --current "$run/current")
propose() { sealring policy propose "${net[@]}" --out "$1" "$2"; }
sign() { sealring policy sign --yes "${net[@]}" --key "$run/$1" "${@:2}"; }
status() { sealring policy status "${net[@]}" --json "$1"; }
is() { status "$1" | jq -e "$2"; }

jq '.join[0].name = "the-same" | del(.number, .previous)' "$ins/policy.json" >"$run/draft"
check "a draft without number becomes a proposal" propose "$run/p2" "$run/draft"
check "of number 2" is "$run/p2" '.number == 2 and .missing == 2 and .follows == "next" and .spoilt == []'
check "that names the one before" test "$(jq -r .policy.previous "$run/p2")" = "$(sealring policy check --json "$run/current" | jq -r .hash)"
check "no file is overwritten" exits 1 propose "$run/p2" "$run/draft"
check "the first policy as a draft becomes the same number" propose "$run/p2b" "$ins/policy.json"
check "with a hash of its own" test "$(status "$run/p2" | jq .hash)" != "$(status "$run/p2b" | jq .hash)"
check "nobody's signatures are no policy" reason policy-signatures sealring policy apply --node "$(ins_url one)" "$run/p2"
blind() { sealring policy sign "${net[@]}" --key "$run/anna" "$@" "$run/p2" </dev/null; }
terminal() { python3 tests/e2e/at_terminal.py "$1" "$sealring" policy sign "${net[@]}" --key "$run/anna" "$run/p2"; }
cp "$run/p2" "$run/nobody"
check "nobody signs blind" exits 2 blind
check "nor for a machine" reason config blind
check "at a terminal, no is no" exits 1 terminal no
check "and so is anything else" exits 1 terminal y
check "the file is what it was" cmp "$run/p2" "$run/nobody"
export who="$run/claims"
diff() { sealring policy diff "${net[@]}" "$@"; }
told() { diff --json "${@:2}" | jq -e "$1"; } # FILTER FLAGS... FILE
check "what it changes is told" told '[.changes[] | [.change, .member, .name]] | sort == [["added", "join", "the-same"], ["removed", "join", "this-build"]]' "$run/p2"
check "in words" bash -c '"$0" policy diff --bundle "$1" --current "$2" "$3" | grep -q "^+ join the-same"' "$sealring" "$run/bundle" "$run/current" "$run/p2"
echo '{"type":"insecure","code":"00","debug":true}' >"$run/claims"
check "for claims in a file" told '.subjects == [{gains: [], join_after: "none", join_before: "none", loses: [], waits: false, who: $ENV.who}]' \
    --claims "$run/claims" --self "$run/claims" "$run/p2"
jq '.release[0].keys = ["app/x"] | .join = []' "$ins/policy.json" >"$run/less"
propose "$run/p2less" "$run/less" >/dev/null
check "what they lose" told '.subjects[0] | (.loses | map(.keys) | unique == ["app/*"]) and (.gains | map(.keys) | unique == ["app/x"]) and .join_after == "no-rule"' \
    --claims "$run/claims" --self "$run/claims" "$run/p2less"
check "for all members and the machines in their logs" bash -c \
    '"$0" policy diff --json --network --node "$1" "$2" | jq -e ".away == 0 and (.subjects | length == 1 and .[0].join_before == \"none\" and .[0].join_after == \"no-rule\")"' \
    "$sealring" "$(ins_url one)" "$run/p2less"
check "which needs a node" exits 2 diff --network "$run/p2"
check "at a terminal, yes is yes" terminal yes
check "and she has signed" is "$run/p2" '.missing == 1'
cp "$run/nobody" "$run/p2"
check "anna signs in place" sign anna "$run/p2"
check "the file has her signature" is "$run/p2" '[.operators[] | select(.signed)] | length == 1'
check "and it is said that one is missing" is "$run/p2" '.missing == 1 and .needed == 2'
check "nothing is left beside it" test ! -e "$run/p2.new"
cp "$run/p2" "$run/one-signature"
check "she can not sign twice" reason policy-signatures sign anna "$run/p2"
check "a stranger can not sign" reason policy-signatures sign stranger "$run/p2"
check "and the file is what it was" cmp "$run/p2" "$run/one-signature"
check "one signature is too few" reason policy-signatures sealring policy apply --node "$(ins_url one)" "$run/p2"
check "a stranger's signature all the same" python3 tests/e2e/policy_forge.py "$run/p2" "$run/stranger" "$cid" "$run/spoilt"
check "is seen" exits 1 status "$run/spoilt"
check "and named" test "$(status "$run/spoilt" | jq -r '.spoilt[].why')" = no-operator
check "and nobody signs on top of it" reason policy-signatures sign ben "$run/spoilt"
check "a signature for another network" python3 tests/e2e/policy_forge.py "$run/p2" "$run/ben" "${cid%??????????}qqqqqqqqqq" "$run/elsewhere"
check "is seen" test "$(status "$run/elsewhere" | jq -r '.spoilt[].why')" = wrong-signature
check "and spoils it" reason policy-signatures sign cleo "$run/elsewhere"
jq -cS '.salt = (.salt | explode | reverse | implode)' "$ins/genesis.json" >"$run/other.json"
ins_start other sealring-bootstrap-insecure --genesis "$run/other.json" --genesis-policy "$ins/policy.json" --genesis-bundle "$run/other.bundle"
check "another network of the same operators" ins_ready other
check "is not taken for this one" reason genesis-mismatch sealring policy status --bundle "$run/other.bundle" --current "$run/current" "$run/p2"
check "nor when its node is asked" reason genesis-mismatch sealring policy status --node "$(ins_url other)" "$run/p2"
case $cid in *q) mistyped=${cid%?}p ;; *) mistyped=${cid%?}q ;; esac
check "a mistyped network is noticed" reason network-id-text sealring policy status "${net[@]}" --cid "$mistyped" "$run/p2"
check "without files or node nothing is believed" exits 2 sealring policy status --cid "$cid" "$run/p2"
check "ben signs into a new file" sign ben --out "$run/p2.signed" "$run/p2"
check "which has both" is "$run/p2.signed" '.missing == 0 and .spoilt == []'
check "in words too" bash -c '"$0" policy status --bundle "$1" --current "$2" "$3" | grep -q "2 of 2 signatures, 0 missing"' \
    "$sealring" "$run/bundle" "$run/current" "$run/p2.signed"
check "by the node instead of files" sealring policy status --node "$(ins_url one)" "$run/p2.signed"
check "it is applied" sealring policy apply --node "$(ins_url one)" "$run/p2.signed"
check "and in force" number one 2

# What was signed meanwhile: old, fork, gap.
check "by the old file it still follows" is "$run/p2.signed" '.follows == "next"'
sealring policy show --node "$(ins_url one)" >"$run/current"
check "by the new one it is in force" is "$run/p2.signed" '.follows == "in-force"'
check "the other of that number is a fork" test "$(status "$run/p2b" | jq -r .follows)" = policy-fork
check "which nobody signs" reason policy-fork sign anna "$run/p2b"
check "nor the first again" reason policy-signatures sign anna "$ins/policy.json"
jq -cS '.number = 4' "$run/draft" | jq -cS --arg p "$(printf '1%.0s' $(seq 64))" '.previous = $p' >"$run/p4"
check "one above is a gap" reason policy-gap sign anna "$run/p4"
check "and said to be" test "$(status "$run/p4" | jq -r .follows)" = policy-gap
jq -cS '.number = 3' "$run/p4" >"$run/p3x"
check "one of another branch does not follow" reason policy-chain sign anna "$run/p3x"
jq '.min_epoch = 2' "$run/draft" >"$run/draft3"
check "the third is proposed by the node" sealring policy propose --node "$(ins_url one)" --out "$run/p3" "$run/draft3"
check "cleo and ben sign it by the node" bash -c 'for k in cleo ben; do "$0" policy sign --yes --node "$1" --key "$2/$k" "$2/p3" || exit; done' \
    "$sealring" "$(ins_url one)" "$run"
sed 's/"sig":"\(.\)./"sig":"\1z/' "$run/p3" >"$run/p3.cut"
check "a broken file is refused" exits 2 status "$run/p3.cut"
jq -cS '.policy' "$run/p2.signed" >"$run/bare"
printf '{"policy":%s,"signatures":[]}' "$(jq -cS '.join = []' "$run/bare")" >"$run/fake"
check "a policy in force that k operators did not sign is not believed" reason policy-signatures sealring policy status --bundle "$run/bundle" \
    --current "$run/fake" "$run/p3"
jq -cS '.join = []' "$ins/policy.json" >"$run/draft1"
check "nor another first one" reason policy-chain sealring policy status --bundle "$run/bundle" --current "$run/draft1" "$run/p3"

# A delay: what lets machines in counts a while after each member has it, what shuts them out at once.
passes() { # FILTER: the policy in force with that changed, signed and taken at one
    rm -f "$run/step" && sealring policy show --node "$(ins_url one)" | jq ".policy | $1" >"$run/step.draft" &&
        sealring policy propose --node "$(ins_url one)" --out "$run/step" "$run/step.draft" &&
        for who in anna ben; do sealring policy sign --yes --node "$(ins_url one)" --key "$run/$who" "$run/step" || return; done &&
        sealring policy apply --node "$(ins_url one)" "$run/step"
}
pending() { curl -s "$(ins_url one)/sealring/v1/status" | jq -e "[.policy.pending[] | [.kind, .rule]] == $1"; }
logged() { for _ in $(seq 200); do grep -q "$2" "$ins/$1/log" && return; sleep 0.1; done; tail -n 3 "$ins/$1/log"; return 1; }
check "a policy that lets nobody join, and a delay of eight seconds" passes '.join = [] | .join_delay = 8'
check "which is at one at once" pending '[]'
check "the next one lets this build join" passes '.join = [{name: "this-build", type: "insecure", where: [{claim: "code", op: "same"}]}]'
check "which one says is still to come" pending '[["allow-rule", "this-build"]]'
ins_start two sealring-node-insecure --cid "$cid" --join "$(ins_url one)"
check "a node that comes early is told so" logged two reason=policy-delay
check "what is unchanged is not delayed: the next one waits for nothing of its own" passes '.tenants[0].max_secrets = 7'
check "and after its time it joins" ins_ready two
check "nothing is left to come" pending '[]'
check "the log has the refusal" bash -c '"$0" log show --node "$1" | jq -e "select(.leaf.reason == \"policy-delay\")" >"$2"; test -s "$2"' \
    "$sealring" "$(ins_url one)" "$run/refusals"
ins_start three sealring-node-insecure --cid "$cid" --join "$(ins_url two)"
check "a member that came after the policy has to wait from its own beginning" logged three reason=policy-delay
check "and then lets others join" ins_ready three

echo "$passed passed, $failed failed"
[ $failed = 0 ]
