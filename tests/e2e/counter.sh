#!/bin/bash
# counter.sh - rollback level "tpm" on real software TPMs: the daemon keeps a counter there, comes up again whatever moment it is killed
# in, and refuses its whole folder of an earlier time, or without its counter, until operators accept the loss. Where the TPM's own
# state is brought back with the folder it can not see that, and this test shows it. BUILD is the first argument.
set -u
bin=$(cd "$1" && pwd) run=$(mktemp -d)
. tests/e2e/lib_tpm.sh
. tests/network.sh
. tests/e2e/lib_check.sh
trap 'network_stop; rm -rf "$run"' EXIT
command -v tpm2_nvundefine >/dev/null && command -v socat >/dev/null || { echo "0 passed, 0 failed, 1 skipped"; exit 77; }
rounds=${SEALRING_COUNTER_KILLS:-5}

# ---- the counter itself, beside other people's tools
tpm_init "$run/alone" && tpm_new chip && tpm_start chip || exit 1
tool() { "$bin/tests/counter_tool" "$1" "$(tpm_tcti chip)" "${@:2}"; }
says() { [ "$(tool "${@:2}")" = "$1" ] || { tool "${@:2}"; return 1; }; }
at=01a5beef
check "no counter yet" says "rolled-back" read $at mine
check "one is made" says "0" define $at mine
check "nobody counted on it" says "0" read $at mine
first=$(tool step $at mine)
check "a step" says "$((first + 1))" step $at mine
check "and what it says after" says "$((first + 1))" read $at mine
check "with another value nothing is told" says "rolled-back" read $at other
check "nor counted" says "rolled-back" step $at other
check "nor made over it" says "state-exists" define $at other
check "whom the TPM belongs to can not count it" eval '! tpm2 chip nvincrement -C o 0x$at && ! tpm2 chip nvincrement 0x$at'
check "nor read it" eval '! tpm2 chip nvread -C o 0x$at'
tpm_stop chip && tpm_start chip
check "a power cycle later" says "$((first + 1))" read $at mine
check "its owner removes it" tpm2 chip nvundefine -C o 0x$at
check "and it is gone" says "rolled-back" read $at mine
check "made again" says "0" define $at mine
check "it goes on past all that was" test "$(tool step $at mine)" -gt "$((first + 1))"
check "an ordinary index" tpm2 chip nvdefine -C o -s 8 -a "authread|authwrite|no_da" 0x01a5bee0
check "is no counter" says "rolled-back" read 01a5bee0 mine
tpm_stop chip

# ---- a member
net=$run/net
network_new "$net" "$bin" && network_machines one || exit 1
net_more='nv-counter = 1
nv-seconds = 1'
network_operator && network_genesis one || exit 1
cid=$(network_cid) state=$net/one/state
sed -i "s/^genesis = .*/cid = $cid/; /^genesis-/d" "$net/one/sealring.conf" # from here on it is a member like any
status() { curl -sk "$(net_url one)/sealring/v1/status" | jq -e "$1"; }
counted() { curl -sk "$(net_url one)/sealring/v1/status" | jq .counter.value; }
up() { : >"$net/one/log"; net_start one "$bin/sealring-node"; }
down() { kill "$(cat "$net/one/pid")" && wait "$(cat "$net/one/pid")" 2>/dev/null; return 0; }
killed() { kill -9 "$(cat "$net/one/pid")"; wait "$(cat "$net/one/pid")" 2>/dev/null; return 0; }
keep() { rm -rf "$run/$1" && cp -a "$state" "$run/$1"; }
back() { rm -rf "$state" && cp -a "$run/$1" "$state"; }
refuses() { # REASON: it does not come up, and says why
    ! up 2>/dev/null && grep -q "msg=start-failed .*reason=$1 " "$net/one/log" || { tail -n 3 "$net/one/log"; return 1; }
}
put() { printf %s "$2" | network_put one "$1"; }
past() { # until the TPM has counted past that
    within 20 bash -c '[ "$(curl -sk "$0/sealring/v1/status" | jq .counter.value)" -gt "$1" ]' "$(net_url one)" "$1"
}

check "it says so" status '.rollback == "tpm" and .counter.value > 0 and (.counter.index | test("^01a5"))'
check "a secret" put app/a first
before=$(counted)
check "is counted soon" past "$((before - 1))"
down
check "it comes up again" up
check "and has counted" test "$(counted)" -gt "$before"
down
keep old
check "a copy of the whole folder, now" up
at=$(counted)
check "a later secret" put app/b second
check "counted" past "$at"
down
keep new
back old
check "the copy does not come up" refuses rolled-back
check "nor the second time" refuses rolled-back
check "and is not changed by that" test "$(sha256sum <"$run/old/store.db")" = "$(sha256sum <"$state/store.db")"
back new
check "its own state does" up

for i in $(seq "$rounds"); do
    (for j in $(seq 20); do put "app/k$i.$j" x; done) >/dev/null 2>&1 &
    putting=$!
    sleep 0.$((RANDOM % 9))$((RANDOM % 9))
    killed
    wait $putting
    check "killed, round $i: it comes up" up
done

# The host takes the counter away.
index=$(curl -sk "$(net_url one)/sealring/v1/status" | jq -r .counter.index)
down
keep new
check "the host removes the counter" tpm2 one nvundefine -C o "0x$index"
check "then it does not come up" refuses rolled-back
check "the host makes another there" tpm2 one nvdefine -C o -s 8 -a "nt=counter|authread|authwrite|no_da" -p hex:00 "0x$index"
check "nor then" refuses rolled-back
check "it says where its log ends" grep -qE 'msg=log-ends .*member=[0-9a-f]{32} size=[0-9]+ root=[0-9a-f]{64} counter=[0-9]+' "$net/one/log"
read -r member size root counter < <(sed -n 's/.*msg=log-ends .*member=\([0-9a-f]*\) size=\([0-9]*\) root=\([0-9a-f]*\) counter=\([0-9]*\).*/\1 \2 \3 \4/p' "$net/one/log" | tail -n 1)
check "operators accept" "$bin/sealring" restore accept --cid "$cid" --member "$member" --size "$size" --root "$root" --counter "$counter" \
    --reason "the TPM was cleared" --out "$run/s"
check "and sign" "$bin/sealring" restore sign --key "$net/operator/operator.key" --out "$run/signed" "$run/s"
check "their word is put beside the state" "$bin/sealring-node" --state-dir "$state" --accept-loss "$run/signed"
check "it goes on" up
check "at level tpm" status '.rollback == "tpm" and .counter.value > 0'
check "as another member, with the secrets that it had" test "$(curl -sk "$(net_url one)/sealring/v1/status" | jq -r .id)" != "$member"
check "once more" eval 'down; up'

# A backup, on its own machine: the statement names the count, so it is good once.
word() { # COUNT: k operators accept
    rm -f "$run/s" "$run/signed"
    "$bin/sealring" restore accept --cid "$cid" --backup "$run/backup" --counter "$1" --reason "the disk broke" --out "$run/s" &&
        "$bin/sealring" restore sign --key "$net/operator/operator.key" --out "$run/signed" "$run/s"
}
accept() { "$bin/sealring-node" --state-dir "$state" --accept-loss "$run/signed" "$@"; }
check "a backup" "$bin/sealring" backup make --node "unix:$net/one/admin" --cid "$cid" "$run/backup"
check "a later secret" put app/lost sixth
down
rm -f "$state"/store.db*
check "accepted without the count" word 0
check "it is laid out" accept --restore "$run/backup"
check "but does not come up" refuses loss-statement
count=$(sed -n "s/.*counter, it is \([0-9]*\).*/\1/p" "$net/one/log" | tail -n 1)
check "with the count" word "$count"
check "the word is put beside it" accept
keep laid
check "it comes up" up
check "with what the backup had" bash -c '"$0" list --node "$1" --cid "$2" --tenant demo --key "$3" | grep -q "app/a" && ! "$0" list --node "$1" --cid "$2" --tenant demo --key "$3" | grep -q app/lost' \
    "$bin/sealring" "$(net_url one)" "$cid" "$net/operator/admin.key"
down
keep new
back laid
check "the same state and the same word do not come up again" refuses loss-statement
back new
check "the newest does" up

# A copy from within one interval, and nv-strict.
down
sed -i 's/^nv-seconds = .*/nv-seconds = 3600/' "$net/one/sealring.conf"
check "an hour between counts" up
keep old
check "a secret in between" put app/c third
killed
back old
check "the window: a copy of the same hour comes up" up
down
echo 'nv-strict = 1' >>"$net/one/sealring.conf"
check "strict" up
at=$(counted)
keep old
check "a secret" put app/d fourth
check "is counted before it is answered" test "$(counted)" -gt "$at"
killed
keep new
back old
check "no copy from before it comes up" refuses rolled-back
back new
check "the state with it does" up
down

# What nobody on this machine can see.
tpm_stop one
cp -a "$net/tpm/one" "$run/tpm.old" && keep old
tpm_start one
check "on it goes" up
check "a secret" put app/e fifth
down
tpm_stop one
rm -rf "$net/tpm/one" && cp -a "$run/tpm.old" "$net/tpm/one" && back old
tpm_start one
check "folder and TPM brought back together: not noticed" up
down
finish
