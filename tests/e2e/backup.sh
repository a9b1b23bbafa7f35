#!/bin/bash
# backup.sh - a member's keystore is backed up while it serves, and brought back: on its own machine, where its operators
# accept what is lost; into a member that joined anew on another machine. What is damaged, of another network, or accepted by too
# few is refused, and then nothing is changed. Backups go over rotations, both ways. BUILD is the first argument.
set -u
BUILD=$1
passed=0 failed=0
command -v jq >/dev/null || { echo "0 passed, 0 failed, 1 skipped"; exit 77; }
. tests/e2e/lib_insecure.sh
ins_begin || exit 1
second=$("$sealring" keygen "$ins/second.key") && third=$("$sealring" keygen "$ins/third.key") || exit 1
ins_genesis || exit 1
jq -cS --argjson keys "$(printf '%s\n' "$operator" "$second" "$third" | sort | jq -R . | jq -s .)" '.operators = {k: 2, keys: $keys}' \
    "$ins/genesis.json" >"$ins/g" && mv "$ins/g" "$ins/genesis.json"

begin() { ins_start "$1" sealring-bootstrap-insecure --genesis "${2:-$ins/genesis.json}" --genesis-policy "$ins/policy.json" && ins_ready "$1"; }
again() { : >"$ins/$1/log"; ins_start "$1" sealring-node-insecure --cid "$cid" && ins_ready "$1"; }
put() { printf %s "$3" | "$sealring" put --node "$(ins_url "$1")" --cid "$cid" --tenant demo --key "$ins/admin.key" "$2"; }
gives() { [ "$("$sealring" fetch --platform insecure --node "$(ins_url "$1")" --cid "$cid" "demo:$2")" = "$3" ]; }
make() { "$sealring" backup make --node "unix:$ins/$1/admin" --cid "$cid" "$2" --json; }
verify() { "$sealring" backup verify --cid "$cid" "$1" --json; }
refused() { # REASON COMMAND...
    local want=$1 got
    shift
    got=$("$@" --json 2>/dev/null | jq -r .error.reason)
    [ "$got" = "$want" ] || { echo "reason $got, not $want"; return 1; }
}
restore() { "$BUILD/sealring-node-insecure" --state-dir "$ins/$1/state" --restore "$2" ${3:+--accept-loss "$3"}; }
restore_says() { # REASON NAME BACKUP STATEMENT: refused for that, and nothing is there
    ! restore "$2" "$3" "${4:-}" 2>"$ins/said" && grep -q "reason=$1 " "$ins/said" || { cat "$ins/said"; return 1; }
    [ -z "$(ls "$ins/$2/state" 2>/dev/null | grep -v '^insecure-key$')" ]
}
statement() { # OUT FLAGS...: by two operators
    local out=$1
    shift
    rm -f "$out" "$ins"/s.[12]
    "$sealring" restore accept --cid "$cid" --reason "the disk is broken" "$@" --out "$ins/s.1" &&
        "$sealring" restore sign --key "$ins/operator.key" --out "$ins/s.2" "$ins/s.1" &&
        "$sealring" restore sign --key "$ins/second.key" --out "$out" "$ins/s.2"
}
leaves() { "$sealring" log show --node "$(ins_url "$1")" --cid "$cid" 2>/dev/null | jq -r "$2"; }

check "a network of one" begin one || exit 1
cid=$(ins_cid one)
id() { curl -s "$(ins_url "$1")/sealring/v1/status" | jq -r .id; }
was=$(id one)
check "a secret" put one app/word 'before'
check "a backup while it serves" make one "$ins/first.backup"
check "is its owner's alone" test "$(stat -c %a "$ins/first.backup")" = 600
check "nothing is left of it in the state" test -z "$(ls "$ins/one/state/backup")"
check "it verifies" verify "$ins/first.backup"
check "a file that is there is not written over" refused config make one "$ins/first.backup"
check "what it says is in the log" bash -c '"$0" log verify --node "$1" --cid "$2" >/dev/null' "$sealring" "$(ins_url one)" "$cid"
check "no secret is in it" bash -c '! grep -qaF before "$0"' "$ins/first.backup"
check "no administrator, no backup" test "$(curl -s -o /dev/null -w '%{http_code}' -X POST "$(ins_url one)/sealring/v1/admin/backup")" != 200

# Under load: each is one point in time
(for i in $(seq 40); do put one "app/load$i" "value $i" >/dev/null 2>&1; done) &
load=$!
for i in 1 2 3; do check "backup $i under load" bash -c '[ "$("$@" | jq -r .cid)" = "$cid" ]' _ make one "$ins/load$i.backup"; done 2>/dev/null
for i in 1 2 3; do
    [ -e "$ins/load$i.backup" ] || make one "$ins/load$i.backup" >/dev/null
    check "and whole $i" verify "$ins/load$i.backup"
done
wait $load
check "a later secret" put one app/later 'after'

# Damaged
cp "$ins/first.backup" "$ins/cut" && truncate -s -1 "$ins/cut"
check "cut short" refused backup-format verify "$ins/cut"
cp "$ins/first.backup" "$ins/long" && echo >>"$ins/long"
check "something behind it" refused backup-format verify "$ins/long"
cp "$ins/first.backup" "$ins/bent"
printf '\x00\x01' | dd of="$ins/bent" bs=1 seek=$(($(stat -c %s "$ins/bent") - 40)) conv=notrunc 2>/dev/null
check "another signature" refused backup-proof verify "$ins/bent"

# The disk is gone
ins_stop one
cp -a "$ins/one/state" "$ins/kept"
rm -rf "$ins/one/state" && mkdir -m 700 "$ins/one/state" && cp -a "$ins/kept/insecure-key" "$ins/one/state"
check "without the operators' word" restore_says rolled-back one "$ins/first.backup"
check "one operator is not two" bash -c '"$0" restore accept --cid "$1" --reason r --backup "$2" --out "$3/s.one" && "$0" restore sign --key "$3/operator.key" --out "$3/one.json" "$3/s.one"' \
    "$sealring" "$cid" "$ins/first.backup" "$ins"
check "does not count" restore_says loss-statement one "$ins/first.backup" "$ins/one.json"
statement "$ins/later.json" --backup "$ins/load1.backup" >/dev/null
check "nor a statement about another backup" restore_says loss-statement one "$ins/first.backup" "$ins/later.json"
check "nor a damaged file" restore_says backup-format one "$ins/cut" "$ins/later.json"
check "two operators accept the loss" statement "$ins/first.json" --backup "$ins/first.backup"
check "and it is laid out" restore one "$ins/first.backup" "$ins/first.json"
check "once" bash -c '! "$0" --state-dir "$1" --restore "$2" --accept-loss "$3" 2>"$4/said" && grep -q "reason=state-exists" "$4/said"' \
    "$BUILD/sealring-node-insecure" "$ins/one/state" "$ins/first.backup" "$ins/first.json" "$ins"
check "the member goes on" again one
check "with what it had" gives one app/word 'before'
check "and not with what came later" bash -c '! "$0" fetch --platform insecure --node "$1" --cid "$2" demo:app/later' "$sealring" "$(ins_url one)" "$cid"
size=$(verify "$ins/first.backup" | jq .size)
check "it is another member now" test "$(id one)" != "$was"
check "with a log of its own, which says so first of all" test "$(leaves one .leaf | jq -r '"\(.type) \(.size) \(.member) \(.keys | length)"' | head -n 1)" = "restored $size $was 2"
check "that log verifies" bash -c '"$0" log verify --node "$1" --cid "$2"' "$sealring" "$(ins_url one)" "$cid"
check "nobody is told of the old one" test "$(curl -s "$(ins_url one)/sealring/v1/status" | jq '.members | length')" = 1
check "a backup of it verifies" make one "$ins/again.backup"
ins_stop one
check "a restart" again one
check "says it only once" test "$(leaves one .leaf.type | grep -c restored)" = 1
ins_stop one

# The statement is spent: after another loss it takes another one.
rm -rf "$ins/one/state" && cp -a "$ins/kept" "$ins/one/state"
cp "$ins/first.json" "$ins/stale.json"
check "beside a state that it is not about, it is taken in" bash -c '"$0" --state-dir "$1" --accept-loss "$2"' "$BUILD/sealring-node-insecure" "$ins/one/state" "$ins/stale.json"
check "and the member does not start" bash -c '! timeout 60 "$0" --platform insecure --state-dir "$1" --listen-plain 127.0.0.1:0 --cid "$2" 2>"$3/said" && grep -q "reason=loss-statement" "$3/said"' \
    "$BUILD/sealring-node-insecure" "$ins/one/state" "$cid" "$ins"
rm -rf "$ins/one/state" && cp -a "$ins/kept" "$ins/one/state"
check "its own state serves again" again one

# Another machine: joined anew, it takes what proves itself
ins_start two sealring-node-insecure --cid "$cid" --join "$(ins_url one)"
check "joins" ins_ready two
check "a backup of it" make two "$ins/two.backup"
jq -cS '.salt = (.salt | sub("^...."; "ffff"))' "$ins/genesis.json" >"$ins/other.json"
begin other "$ins/other.json" && other=$(ins_cid other)
check "import of another network's" bash -c '[ "$(curl -s --unix-socket "$0" -H "Content-Type: application/json" -d "{\"file\":\"$1\"}" http://x/sealring/v1/admin/import | jq -r .error.reason)" = wrong-network ]' \
    "$ins/other/admin" "$ins/first.backup"
check "import of its network's" bash -c '"$0" restore import --node "unix:$1" --cid "$2" "$3" | jq -e ".packages >= 0"' "$sealring" "$ins/two/admin" "$cid" "$ins/load3.backup"
check "it has the secret" gives two app/word 'before'
check "nothing is left of the import" test ! -e "$ins/two/state/import"

# Across rotations: a backup of epoch 1, and the network is at epoch 3 when it is needed
status() { curl -s -m 5 "$(ins_url "$1")/sealring/v1/status" | jq -e "$2"; }
eventually() { # COMMAND...
    for _ in $(seq 300); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    "$@"
}
# Peers know a member by the address in its certificate: it comes back at the same.
port() { curl -s -m 5 "$(ins_url "$1")/sealring/v1/status" | jq -r '.id as $id | .members[] | select(.id == $id) | .address | split(":")[2]'; }
at_its_port() { INS_PORT=$(cat "$ins/$1/port") again "$1"; }
rotate() { # MEMBER: drawn there, approved by two operators
    local last=$ins/epoch.draw key
    rm -f "$ins"/epoch.*
    "$sealring" epoch draw --node "$(ins_url "$1")" --cid "$cid" --key "$ins/operator.key" --out "$last" || return
    for key in operator second; do
        "$sealring" epoch sign --cid "$cid" --key "$ins/$key.key" --bundle "$ins/genesis.bundle" --policy "$ins/policy.json" \
            --out "$ins/epoch.$key" "$last" || return
        last=$ins/epoch.$key
    done
    "$sealring" epoch submit --node "$(ins_url "$1")" --cid "$cid" "$last"
}
import() { "$sealring" restore import --node "unix:$ins/$1/admin" --cid "$cid" "$2"; }
import_into() { curl -s --unix-socket "$ins/$1/admin" -H "Content-Type: application/json" -d "{\"file\":\"$2\"}" http://x/sealring/v1/admin/import; }

check "the genesis bundle" curl -sf -o "$ins/genesis.bundle" "$(ins_url one)/sealring/v1/genesis"
for m in one two; do port "$m" >"$ins/$m/port"; done
ins_stop one
check "the first is where the others look for it" at_its_port one
ins_start three sealring-node-insecure --cid "$cid" --join "$(ins_url one)"
check "a third joins" ins_ready three
check "everybody knows it" eventually status two '.members | length == 3'
check "a backup at epoch 1" make two "$ins/old.backup"
port three >"$ins/three/port"
ins_kill three
old=$(id two)
for epoch in 2 3; do
    check "rotation to $epoch" rotate one
    check "the second is there" eventually status two ".epoch == $epoch"
done
check "a secret of epoch 3" put one app/third 'at three'
check "a backup at epoch 3" make one "$ins/new.backup"
check "the one of epoch 1 verifies" test "$(verify "$ins/old.backup" | jq .epoch)" = 1
check "and the one of epoch 3" test "$(verify "$ins/new.backup" | jq .epoch)" = 3
check "a member at 3 takes what is in one of epoch 1" import one "$ins/old.backup"

ins_stop two
find "$ins/two/state" -mindepth 1 ! -name insecure-key -delete
check "the disk is gone" bash -c '[ "$(ls "$0")" = insecure-key ]' "$ins/two/state"
check "operators accept the loss of two epochs too" statement "$ins/old.json" --backup "$ins/old.backup"
check "it is laid out" restore two "$ins/old.backup" "$ins/old.json"
check "and it starts" at_its_port two
check "the member of epoch 1 catches up" eventually status two '.epoch == 3'
check "as another one" test "$(id two)" != "$old"
check "whose log begins so" test "$(leaves two .leaf.type | head -n 1)" = restored
check "it verifies" bash -c '"$0" log verify --node "$1" --cid "$2"' "$sealring" "$(ins_url two)" "$cid"
check "serves what is from before" gives two app/word 'before'
check "and what came after" eventually gives two app/third 'at three'
ins_kill two
check "killed, it starts again" at_its_port two
check "the new master is on its disk" status two ".epoch == 3"
ins_stop two

# A member that is behind
kill -STOP "$(cat "$ins/one/pid")"
check "a third that was away starts" at_its_port three
check "it is at epoch 1" status three '.epoch == 1'
check "it takes nothing from a backup of epoch 3" test "$(import_into three "$ins/new.backup" | jq -r .error.reason)" = epoch
check "and nothing is left of that" test ! -e "$ins/three/state/import"
kill -CONT "$(cat "$ins/one/pid")"
check "with the others it catches up" eventually status three '.epoch == 3'
check "and then takes it" import three "$ins/new.backup"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
