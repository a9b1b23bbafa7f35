#!/bin/bash
# rotation.sh - the master of a network on software TPMs is rotated while workloads fetch: no fetch fails, daemons do not grow; a
# member that was away all the time catches up, a new one joins; members are killed at steps of it and go on; the old masters are destroyed.
# BUILD is the first argument; ROTATIONS (3) how often, WEIGHTS a file to be left with what daemons weighed after each.
set -u
bin=$(cd "$1" && pwd)
rotations=${ROTATIONS:-3}
. tests/e2e/lib_tpm.sh
. tests/network.sh
run=$(mktemp -d)
trap '[ -z "${load:-}" ] || kill $load 2>/dev/null; network_stop; rm -rf "$run"' EXIT
. tests/e2e/lib_check.sh
net=$run/net op=$run/net/operator

status() { curl -sk "$(net_url "$1")/sealring/v1/status"; }
at_epoch() { [ "$(status "$1" | jq .epoch)" = "$2" ]; }
all_at() { local m; for m in one two three; do at_epoch "$m" "$1" || return 1; done; }
logged() { grep -q "$2" "$net/$1/log"; }
kill_9() { kill -9 "$(cat "$net/$1/pid")"; wait "$(cat "$net/$1/pid")" 2>/dev/null; : >"$net/$1/log"; }
# Members know each other by address, so one that comes back has the port it had.
fixed_port() { sed -i "s|^listen = .*|listen = ${1#https://}|" "$net/$2/sealring.conf"; }
again() { fixed_port "$(net_url "$1")" "$1"; net_start "$1" "$bin/${2:-sealring-node}"; }
differs() { ! cmp -s "$1" "$2"; }
refused() { ! network_fetch "$2" "$3" none && tail -n 3 "$net/workload/log" | grep -q "$1"; } # reason, member, want

draw() {
    rm -f "$run/epoch" "$run/epoch.signed"
    "$bin/sealring" epoch draw --node "$(net_url "$1")" --cid "$(network_cid)" --key "$op/operator.key" --out "$run/epoch"
}
approve() {
    "$bin/sealring" epoch sign --cid "$(network_cid)" --key "$op/operator.key" --bundle "$net/one/genesis.bundle" \
        --policy "$op/policy.json" --out "$run/epoch.signed" "${1:-$run/epoch}"
}
submit() { "$bin/sealring" epoch submit --node "$(net_url "$1")" --cid "$(network_cid)" "${2:-$run/epoch.signed}"; }
rotate() { draw "$1" && approve && submit "$1"; }

# Fetches from each member in turn until told to stop; one line each that failed, and how many there were.
fetch_loop() {
    local n=0 m
    while [ ! -e "$run/enough" ]; do
        for m in one two three; do
            network_fetch "$m" 'demo:app/x' load 2>>"$run/load.err" && [ "$(cat "$net/load")" = value ] || echo "$m $n" >>"$run/load.failed"
            n=$((n + 1))
        done
    done
    echo "$n" >"$run/load.count"
}
loaded() { # until that many fetches more have begun
    rm -f "$run/enough" "$run/load.failed" "$run/load.count"
    fetch_loop &
    load=$!
}
unloaded() { touch "$run/enough"; wait "$load"; load=; [ ! -s "$run/load.failed" ] || { cat "$run/load.failed" "$run/load.err"; return 1; }; }

# Rows of a store that are not its log's.
rows() {
    python3 - "$net/$1/state/store.db" <<'PY'
import sqlite3, sys
db = sqlite3.connect("file:%s?mode=ro" % sys.argv[1], uri=True)
print(db.execute("SELECT count(*) FROM kv WHERE substr(key, 1, 1) NOT IN (x'4c', x'54')").fetchone()[0])
PY
}
# After each rotation, for each daemon: epoch, seconds since the first, its name, kB of memory, open files, threads, leaves, rows.
weigh() {
    local m pid
    for m in one two three; do
        pid=$(cat "$net/$m/pid")
        echo "$epoch $((SECONDS - began)) $m $(awk '/^VmRSS/ {print $2}' "/proc/$pid/status") $(ls "/proc/$pid/fd" | wc -l)" \
            "$(ls "/proc/$pid/task" | wc -l) $(status "$m" | jq .log.size) $(rows "$m")" >>"$run/weights"
    done
}
# From the first ten rotations on a daemon grows by what one more master takes: its keys in two sets (the one in use and the one
# before), its link, a dozen leaves and what malloc makes of it; some 30 kB were seen. A set that is not given back is over 200.
steady() { # MEMBER
    awk -v m="$1" -v from=$((rotations > 10 ? 11 : 2)) '
        $3 == m && $1 == from { kb = $4; files = $5; threads = $6; rows = $8 }
        $3 == m { line = $0; bad = $4 > kb + 4096 + 64 * ($1 - from) || $5 > files + 16 || $6 > threads + 4 || $8 > rows }
        END { print "from " kb " kB, " files " files, " threads " threads, " rows " rows to: " line; exit bad }' "$run/weights"
}
lists_all() { # MEMBER: every epoch there ever was
    status "$1" | jq -e ".epochs | length == $epoch and .[-1] == {epoch: $epoch, state: \"active\"} and ([.[].epoch] == [range(1; $epoch + 1)])"
}
last_is() { [ "$(grep -o 'msg=epoch-active\|msg=rewrapped' "$net/$1/log" | tail -n 1)" = "msg=$2" ]; }

network_new "$net" "$bin" && network_machines one two three four five six workload && network_operator || exit 1
check "genesis" network_genesis one
check "joins" network_join two one
check "and another" network_join three two
check "and one that will be away" network_join four three
check "a put" bash -c 'printf value | "$@"' sh "$bin/sealring" put --node "$(net_url one)" --cid "$(network_cid)" --tenant demo \
    --key "$op/admin.key" app/x
check "a derived key before" network_fetch one 'demo:app/k#raw:32' key.before
check "everybody has the secret" within 20 network_fetch three demo:app/x got

epoch=1 began=$SECONDS
kill_9 four
loaded
for _ in $(seq "$rotations"); do
    check "rotation from epoch $epoch" rotate two
    epoch=$((epoch + 1))
    check "everybody is at epoch $epoch" within 60 all_at $epoch
    weigh
done
check "no fetch failed while it rotated" unloaded
echo "$(cat "$run/load.count") fetches over $rotations rotations" >&2
check "derived keys are the same" network_fetch two 'demo:app/k#raw:32' key.after
check "byte for byte" cmp "$net/key.before" "$net/key.after"
for m in one two three; do check "version 2 of it at $m" network_fetch $m 'demo:app/k@2#raw:32' key.2.$m; done
check "the same at all" bash -c 'cmp "$0.one" "$0.two" && cmp "$0.one" "$0.three"' "$net/key.2"
check "another than version 1" differs "$net/key.before" "$net/key.2.one"
check "no version of an epoch to come" refused key-version two "demo:app/k@$((epoch + 1))#raw:32"
check "a secret of the first epoch opens" network_fetch three demo:app/x got
for m in one two three; do
    check "$m has sealed its rows anew since the last" within 30 last_is $m rewrapped
    check "$m lists every epoch" lists_all $m
    check "$m did not grow" steady $m
done
check "logs verify" network_log_verify one
check "logs verify" network_log_verify three

# Killed at each step.
check "drawn" draw two
kill_9 two
check "killed with a draw, it starts" again two
cp "$run/epoch" "$run/epoch.before"
check "asked again" draw two
check "the same master" cmp "$run/epoch" "$run/epoch.before"
check "approved" approve
kill -STOP "$(cat "$net/one/pid")" "$(cat "$net/three/pid")" # nobody pulls: pending
check "linked" submit two
check "pending, at one of three" bash -c '[ "$(curl -sk "$1/sealring/v1/status" | jq -r ".epochs[-1].state")" = pending ]' sh "$(net_url two)"
kill_9 two
kill -CONT "$(cat "$net/one/pid")" "$(cat "$net/three/pid")"
check "killed with a pending master, it starts" again two
epoch=$((epoch + 1))
check "everybody goes over" within 60 all_at $epoch
kill_9 three
check "killed after the switch, it starts at the new epoch" again three
check "at it" at_epoch three $epoch
check "and releases" network_fetch three demo:app/x got

# Away for three rotations.
kill_9 three
for _ in 1 2 3; do
    check "rotation with two of three" rotate one
    epoch=$((epoch + 1))
    check "both at $epoch" within 60 bash -c "at() { [ \"\$(curl -sk \$1/sealring/v1/status | jq .epoch)\" = $epoch ]; }; at $(net_url one) && at $(net_url two)"
done
check "back after three rotations" again three
check "it catches up" within 60 at_epoch three $epoch
check "and releases what it should" network_fetch three demo:app/x got

# Away for all of them, and new.
check "back after all rotations" again four
check "it catches up" within 60 at_epoch four $epoch
check "and lists them" lists_all four
check "and releases the first secret" network_fetch four demo:app/x got
check "a new member joins" network_join five two
check "it is where all are" at_epoch five $epoch
check "it has the first secret" within 20 network_fetch five demo:app/x got
check "and derives as before the first rotation" network_fetch five 'demo:app/k#raw:32' key.after
check "byte for byte" cmp "$net/key.before" "$net/key.after"
cp "$run/weights" "${WEIGHTS:-/dev/null}"
check "version 2 after all that" network_fetch three 'demo:app/k@2#raw:32' key.2.late
check "is what it was" cmp "$net/key.2.one" "$net/key.2.late"
check "the newest version" network_fetch three "demo:app/k@$epoch#raw:32" key.late
check "is another" differs "$net/key.2.late" "$net/key.late"

# The masters of all epochs but the newest are destroyed, once the secret is put again.
with_cid() { "$bin/sealring" "${@:2}" --node "$(net_url "$1")" --cid "$(network_cid)"; } # member, command
proposes() { # what the next policy says more
    with_cid one policy show >"$run/now" && jq ".policy + $1" "$run/now" >"$run/draft" && rm -f "$run/next" &&
        with_cid one policy propose --out "$run/next" "$run/draft"
}
applies() {
    with_cid one policy sign --yes --key "$op/operator.key" --out "$run/next.signed" "$run/next" && with_cid one policy apply "$run/next.signed"
}
state_of() { status "$1" | jq -r '.epochs[0].state'; }
waits() { status "$1" | jq -e '.destruction | .packages == 1 and .rows == 0' >/dev/null; }
all_wait() { local m; for m in one two three four five; do waits $m || return 1; done; }
all_destroyed() { local m; for m in "$@"; do [ "$(state_of "$m")" = destroyed ] || return 1; done; }
put_again() { printf value | with_cid one put --tenant demo --key "$op/admin.key" app/x; }

check "a policy that destroys all before $epoch" proposes "{min_epoch: $epoch, destroy_before: $epoch}"
check "what it means" bash -c '"$@" | grep -q "destroys for good: epoch 1, derived keys of version 1; waits until 1 secrets"' sh \
    "$bin/sealring" policy diff --node "$(net_url one)" --cid "$(network_cid)" "$run/next"
check "is in force" applies
check "it waits for a secret of the first epoch" within 30 all_wait
check "which is put again" put_again
check "and all members destroy" within 30 all_destroyed one two three four five
check "their logs say so" logged two "msg=epoch-destroyed epoch=1"
check "version 1 is gone" refused key-destroyed one 'demo:app/k#raw:32'
check "and version 2" refused key-destroyed two 'demo:app/k@2#raw:32'
check "not the newest" network_fetch three "demo:app/k@$epoch#raw:32" key.last
check "which is what it was" cmp "$net/key.late" "$net/key.last"
check "a node joins" network_join six two
check "without them" all_destroyed six
check "and serves" network_fetch six "demo:app/k@$epoch#raw:32" key.six
check "the same key" cmp "$net/key.late" "$net/key.six"
check "and the secret" within 20 network_fetch six demo:app/x got
for m in one two three four five six; do kill_9 $m; done
check "all start again: one" again one sealring-bootstrap
for m in two three four five six; do check "and $m" again $m; done
check "with what is left" all_destroyed one two three four five six
check "and serve it" network_fetch one "demo:app/k@$epoch#raw:32" key.one
check "as before" cmp "$net/key.late" "$net/key.one"
check "rows too" network_fetch two demo:app/x got
check "logs verify" network_log_verify two
finish
