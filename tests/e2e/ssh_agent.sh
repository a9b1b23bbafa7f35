#!/bin/bash
# ssh_agent.sh - operators who have an SSH key and nothing else: the genesis record names keys as ssh-keygen writes them, and
# OpenSSH's own agent signs a policy that members take. Then agents that are no good.
set -u
BUILD=$1
passed=0 failed=0
for tool in jq curl ssh-agent ssh-add ssh-keygen; do
    command -v $tool >/dev/null || { echo "0 passed, 0 failed, 1 skipped"; exit 77; }
done
. tests/e2e/lib_insecure.sh
ins_begin || exit 1
run=$ins agent=
end() { [ -z "$agent" ] || kill "$agent"; ins_end; }
trap end EXIT
eval "$(ssh-agent -a "$run/socket" -s)" >/dev/null
agent=$SSH_AGENT_PID

reason() { # CODE COMMAND...
    local want=$1 got
    shift
    got=$("$@" --json | jq -r .error.reason)
    [ "$got" = "$want" ] || { echo "reason $got, not $want"; return 1; }
}
exits() { local want=$1 got; shift; "$@"; got=$?; [ $got -eq "$want" ] || { echo "exit status $got, not $want"; return 1; }; }

for who in anna ben cleo stranger; do ssh-keygen -q -t ed25519 -N "" -C "$who's key" -f "$run/$who" || exit 1; done
ssh-keygen -q -t rsa -b 2048 -N "" -f "$run/rsa" && ssh-keygen -q -t ecdsa -N "" -f "$run/ecdsa" || exit 1
ins_policy "$ins/policy.json" 1 "$(printf '0%.0s' $(seq 64))"
prepare() { # FILE KEY...
    local out=$1 keys=()
    shift
    for key in "$@"; do keys+=(--operator "$key"); done
    "$sealring" genesis prepare "${keys[@]}" --k 2 --ak-ca "$ins/ak-ca.key.pub" --policy "$ins/policy.json" --out "$out"
}
check "an RSA key is no operator's" exits 2 prepare "$run/no.json" "$run/rsa.pub" "$run/anna.pub"
check "nor is a private key" exits 2 prepare "$run/no.json" "$run/anna" "$run/ben.pub"
check "genesis names keys of SSH, by file and by line" prepare "$ins/genesis.json" "$run/anna.pub" "$(cat "$run/ben.pub")" "$run/cleo.pub"
ins_start one sealring-bootstrap-insecure --genesis "$ins/genesis.json" --genesis-policy "$ins/policy.json" --genesis-bundle "$run/bundle"
check "the network" ins_ready one
SEALRING_CID=$(ins_cid one)
export SEALRING_CID
"$sealring" policy show --node "$(ins_url one)" >"$run/current"
net=(--bundle "$run/bundle" --current "$run/current")
jq '.join[0].name = "the-same"' "$ins/policy.json" >"$run/draft"
"$sealring" policy propose "${net[@]}" --out "$run/next" "$run/draft" >/dev/null || exit 1
sign() { "$sealring" policy sign --yes "${net[@]}" "$@"; } # FLAGS... FILE
missing() { [ "$("$sealring" policy status "${net[@]}" --json "$run/next" | jq .missing)" = "$1" ]; }

check "an agent without keys has none of an operator's" reason ssh-agent sign --agent operator "$run/next"
ssh-add -q "$run/rsa" "$run/ecdsa" "$run/stranger" 2>/dev/null
check "with a stranger's neither" reason ssh-agent sign --agent operator "$run/next"
check "a stranger's key by name is refused before it signs" reason policy-signatures sign --agent "$run/stranger.pub" "$run/next"
ssh-add -q "$run/anna" 2>/dev/null
check "among keys of four kinds the operator's is found" sign --agent operator "$run/next"
check "one is missing" missing 1
check "she can not sign twice" reason policy-signatures sign --agent operator "$run/next"
ssh-add -q "$run/ben" "$run/cleo" 2>/dev/null
check "several operators' keys in one agent are asked for by name" reason ssh-agent sign --agent operator "$run/next"
cp "$run/next" "$run/one-signature"
fingerprint=$(ssh-keygen -lf "$run/ben.pub" | cut -d' ' -f2)
check "by fingerprint" sign --agent "$fingerprint" "$run/next"
check "none is missing" missing 0
check "neither key nor agent is a usage error" exits 2 sign "$run/next"
check "both too" exits 2 sign --agent operator --key "$run/anna" "$run/next"
check "no agent at all" exits 2 env -u SSH_AUTH_SOCK "$sealring" policy sign --yes "${net[@]}" --agent operator "$run/next"
check "an agent that is gone" exits 3 env SSH_AUTH_SOCK="$run/gone" "$sealring" policy sign --yes "${net[@]}" --agent operator "$run/next"
check "members take what OpenSSH signed" "$sealring" policy apply --node "$(ins_url one)" "$run/next"
check "it is in force" test "$(curl -s "$(ins_url one)/sealring/v1/policy" | jq .policy.number)" = 2

# Agents that are no good: the file stays what it was.
fake() { # HOW: the command's exit status and reason
    rm -f "$run/fake"
    python3 tests/e2e/ssh_agent_fake.py "$run/fake" "$run/ben.pub" "$1" &
    local pid=$! got
    for _ in $(seq 200); do [ -S "$run/fake" ] && break; sleep 0.05; done
    got=$(SSH_AUTH_SOCK=$run/fake sign --timeout "${2:-30}" --agent operator --json "$run/one-signature" | jq -r .error.reason)
    kill $pid 2>/dev/null
    wait $pid 2>/dev/null
    echo "$got"
}
cp "$run/one-signature" "$run/before"
for how in other garbage huge relabelled; do
    check "an agent that answers with $how" test "$(fake $how)" = ssh-agent
done
check "one that answers half" test "$(fake cut)" = no-answer
check "one that says nothing is not waited for" test "$(fake nothing 1)" = no-answer
check "nothing of that was added" cmp "$run/one-signature" "$run/before"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
