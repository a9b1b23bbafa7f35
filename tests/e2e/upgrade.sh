#!/bin/bash
# upgrade.sh - new software and a new kernel under three members on software TPMs, one after the other, while a workload
# fetches: announced, judged by policy, sealed ahead, started anew without a join; a new member by the new program; the old
# program retired. And what must not happen: a network of one that locks itself out, a seal to what policy does not list, a
# start that was not announced. BUILD is the first argument.
set -u
bin=$(cd "$1" && pwd)
passed=0 failed=0
command -v tpm2_pcrextend >/dev/null && command -v socat >/dev/null || { echo "skipped: no tpm2-tools or no socat"; exit 77; }
. tests/e2e/lib_tpm.sh
. tests/network.sh
run=$(mktemp -d)
fetcher=
trap '[ -z "$fetcher" ] || kill $fetcher 2>/dev/null; stop_all; network_stop; rm -rf "$run"' EXIT
stop_all() { # those that launch() started too
    local file
    for file in "$run"/net/*/pid; do [ -s "$file" ] && kill "$(cat "$file")" 2>/dev/null; done
}

check() { # what, then a command
    local what=$1
    shift
    if "$@" >"$run/out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $what"
        tail -n 8 "$run/out"
    fi
}
no() { ! "$@"; }
sealring() { "$bin/sealring" "$@"; }
eventually() { # COMMAND...
    for _ in $(seq 200); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.05
    done
    "$@"
}
status() { curl -sk "$(net_url "$1")/sealring/v1/status" | jq -e "$2"; }
pin_port() { # NAME: it comes back where the others expect it
    local at
    at=$(net_url "$1")
    sed -i "s|^listen = .*|listen = ${at#https://}|" "$net_dir/$1/sealring.conf"
}
preflight() { sealring upgrade preflight --json --node "$(net_url "$1")" --cid "$(network_cid)" --socket "$net_dir/$1/admin" "${@:2}"; }
verdict() { # NAME CHECK VERDICT [ANNOUNCEMENT]: whatever the others say
    preflight "$1" "${@:4}" >"$run/preflight"
    jq -es --arg c "$2" --arg v "$3" 'any(.check == $c and .verdict == $v)' "$run/preflight" >/dev/null || { cat "$run/preflight"; return 1; }
}
reseal() { sealring upgrade reseal --socket "$net_dir/$1/admin" "$2"; }
refused() { # REASON COMMAND...
    local reason=$1 got
    shift
    got=$("$@" 2>&1) && return 1
    case $got in *"$reason"*) ;; *) echo "$got"; return 1 ;; esac
}
policy() { # NUMBER CODES KERNELS, both as JSON arrays: signed and applied at the first member
    local hash=$(curl -sk "$(net_url one)/sealring/v1/status" | jq -r .policy.hash)
    jq -cS --argjson n "$1" --arg previous "$hash" --argjson codes "$2" --argjson kernels "$3" '
        .number = $n | .previous = $previous | .join = [{name: "members", type: "tpm", where: [
            {claim: "code", op: "in", value: $codes}, {claim: "pcr.9", op: "in", value: $kernels}]}]' \
        "$net_dir/operator/policy.json" >"$run/policy.$1"
    sealring policy sign --yes --node "$(net_url one)" --cid "$(network_cid)" --key "$net_dir/operator/operator.key" \
        --out "$run/policy.$1.signed" "$run/policy.$1" &&
        sealring policy apply --node "$(net_url one)" --cid "$(network_cid)" "$run/policy.$1.signed"
}
power_cycle() { # NAME [KERNEL]: PCRs are zero, then the kernel, if any, is measured
    tpm_stop "$1" && tpm_start "$1" && rm -f "$net_dir/$1/event-log" && : >"$net_dir/$1/log"
    [ -z "${2:-}" ] || tpm2_pcrextend -T "cmd:socat - UNIX-CONNECT:$TPM_DIR/$1/s" "9:sha256=$2"
}
stop() { kill "$(cat "$net_dir/$1/pid")" && wait "$(cat "$net_dir/$1/pid")"; }
launch() { # NAME PROGRAM
    "$bin/sealring-launch" --tcti "$(net_tcti "$1")" --event-log "$net_dir/$1/event-log" \
        --config-digest "$("$2" --print-config-digest)" -- "$2" --config "$net_dir/$1/sealring.conf" >>"$net_dir/$1/log" 2>&1 &
    echo $! >"$net_dir/$1/pid"
}
comes_back() { # NAME: as the member it is
    eventually grep -q msg=ready "$net_dir/$1/log" && no grep -q join-try "$net_dir/$1/log"
}
fetch_on() { # one member after the other; a workload that finds none of them has failed
    local i=0 node done
    while [ ! -e "$run/enough" ]; do
        done=
        for node in one two three; do
            network_fetch "$node" demo:app/x "value.$i" 2>/dev/null && [ "$(cat "$net_dir/value.$i")" = value ] && done=yes && break
        done
        [ -n "$done" ] && echo ok >>"$run/fetches" || echo no >>"$run/fetches"
        i=$((i + 1))
    done
}

kernel=$(printf 'new kernel' | sha256sum | cut -d' ' -f1)
pcr9=$(python3 -c 'import hashlib,sys; print(hashlib.sha256(bytes(32) + bytes.fromhex(sys.argv[1])).hexdigest())' "$kernel")
zero=$(printf '0%.0s' $(seq 64))
mkdir "$run/new" && cp "$bin/sealringd" "$run/new/sealring-node" && printf '\xff' >>"$run/new/sealring-node"
new=$run/new/sealring-node
old_code=$(sha256sum <"$bin/sealringd" | cut -d' ' -f1)
new_code=$(sha256sum <"$new" | cut -d' ' -f1)

network_new "$run/net" "$bin" || exit 1
network_machines one two three four five workload || exit 1
network_operator && network_genesis one || exit 1
check "a network of one is warned before it locks itself out" verdict one members fails
check "and the preflight fails" no preflight one
network_join two one && network_join three two || { tail -n 5 "$net_dir"/*/log; exit 1; }
printf value | network_put one app/x
check "a secret everywhere" eventually network_fetch three demo:app/x value
for name in one two three; do pin_port $name; done
fetch_on &
fetcher=$!

check "the new build and kernel are announced" sealring upgrade announce \
    --config-digest "$("$new" --print-config-digest)" --pcr "9=$pcr9" --out "$run/announced" "$new"
check "no policy lists them yet: the preflight says so" verdict two admitted fails "$run/announced"
check "and nothing is sealed to them" refused no-rule reseal two "$run/announced"
check "nothing is" status two 'has("sealed_ahead") | not'
check "operators list them" policy 2 "[\"$old_code\",\"$new_code\"]" "[\"$zero\",\"$pcr9\"]"
check "everywhere" eventually status three '.policy.number == 2'
check "the preflight is content" preflight two "$run/announced"
check "and warns that nothing is sealed ahead" verdict two sealed warning "$run/announced"
sealring upgrade announce --config-digest "$("$new" --print-config-digest)" --pcr "9=$(printf '1%.0s' $(seq 64))" --out "$run/evil" "$new"
check "a kernel that no policy lists is not sealed to" refused no-rule reseal two "$run/evil"
check "nor is it by anybody from outside" test 403 = "$(curl -sk -o "$run/body" -w '%{http_code}' -X POST \
    -H 'Content-Type: application/json' --data-binary "@$run/announced" "$(net_url two)/sealring/v1/admin/reseal")"

for name in two three one; do
    check "$name seals ahead" reseal $name "$run/announced"
    check "and says so" verdict $name sealed ok "$run/announced"
    leaves=$(sealring log show --node "$(net_url $name)" --cid "$(network_cid)" | jq -r .leaf.type)
    check "it stands in its log" grep -qx sealed-ahead <<<"$leaves"
    stop $name
    power_cycle $name "$kernel"
    [ $name = one ] && sed -i '/^genesis/d' "$net_dir/one/sealring.conf"
    launch $name "$new"
    check "$name comes back under the new build and kernel without a join" comes_back $name
    check "as what it is now" status $name ".measured.code == \"$new_code\" and .measured[\"pcr.9\"] == \"$pcr9\" and (has(\"sealed_ahead\") | not)"
    check "it releases" network_fetch $name demo:app/x value
done
stop two
power_cycle two "$kernel"
launch two "$new"
check "the next start under it is one like any other" comes_back two

power_cycle four "$kernel"
net_conf four "cid = $(network_cid)" "join = $(net_url two)" && launch four "$new"
check "a new member by the new build" eventually grep -q msg=ready "$net_dir/four/log"
check "operators retire the old one" policy 3 "[\"$new_code\"]" "[\"$pcr9\"]"
check "everywhere at once" eventually status three '.policy.number == 3'
net_conf five "cid = $(network_cid)" "join = $(net_url three)" && launch five "$bin/sealring-node"
check "the old build joins no more" eventually grep -q 'reason=no-rule' "$net_dir/three/log"
check "and did not" no grep -q msg=ready "$net_dir/five/log"
kill "$(cat "$net_dir/five/pid")"

stop three
power_cycle three "$(printf 'another kernel' | sha256sum | cut -d' ' -f1)"
launch three "$new"
check "a start that nobody announced opens nothing" eventually grep -q reason=unseal "$net_dir/three/log"
wait "$(cat "$net_dir/three/pid")"
power_cycle three "$kernel"
launch three "$new"
check "the announced one still does" comes_back three

touch "$run/enough"
wait $fetcher
fetcher=
check "while all that went on, no fetch failed" no grep -qx no "$run/fetches"
check "of more than a few" test "$(wc -l <"$run/fetches")" -ge 5
echo "$(grep -cx ok "$run/fetches") fetches meanwhile"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
