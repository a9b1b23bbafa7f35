#!/bin/bash
# full_disk.sh - a member whose disk takes no more: from then on nothing is released, and whatever was released stands in its
# log. The disk's end is a limit on the size of files. BUILD is the first argument.
set -u
BUILD=$1
passed=0 failed=0
command -v jq >/dev/null || { echo "0 passed, 0 failed, 1 skipped"; exit 77; }
. tests/e2e/lib_insecure.sh
ins_begin && ins_genesis || exit 1

ins_start one sealring-bootstrap-insecure --genesis "$ins/genesis.json" --genesis-policy "$ins/policy.json"
ins_ready one || exit 1
cid=$(ins_cid one)
printf 'the value' | "$sealring" put --node "$(ins_url one)" --cid "$cid" --tenant demo --key "$ins/admin.key" app/word >/dev/null
check "it stops" ins_stop one
# Room for a few dozen commits more (ulimit counts in KiB), and a shell of its own that has the limit.
size=$(du -k "$ins/one/state/store.db" | cut -f1)
: >"$ins/one/log"
(ulimit -f $((size + 300)) && exec "$BUILD/sealring-node-insecure" --platform insecure --state-dir "$ins/one/state" \
    --listen-plain 127.0.0.1:0 --admin-socket "$ins/one/admin" --cid "$cid" >"$ins/pipe.log" 2>&1) &
echo $! >"$ins/one/pid"
for _ in $(seq 200); do grep -q msg=ready "$ins/pipe.log" && break; sleep 0.05; done
url=http://$(sed -n 's/.*msg=ready .*listen-plain=\([^ ]*\).*/\1/p' "$ins/pipe.log")
got=0 refused=0
for _ in $(seq 200); do
    if [ "$("$sealring" fetch --platform insecure --node "$url" --cid "$cid" demo:app/word 2>"$ins/err")" = "the value" ]; then
        [ $refused = 0 ] || echo "released after a refusal"
        got=$((got + 1))
    else
        refused=$((refused + 1))
        [ $refused -ge 3 ] && break
    fi
done
check "some were released: $got" [ $got -ge 3 ]
check "then the disk ended, and nothing is released any more" [ $refused = 3 ]
check "the refusal has a reason" grep -qE 'reason|busy|internal|no-answer' "$ins/err"
check "its health says so" [ "$(curl -s -o /dev/null -w "%{http_code}" "$url/healthz")" = 503 ]
check "and the log says what happened" grep -qE 'level=(error|warn) ' "$ins/pipe.log"
kill "$(cat "$ins/one/pid")" 2>/dev/null
wait "$(cat "$ins/one/pid")" 2>/dev/null

# With room again: all that was released is in the log, and the log is whole.
ins_start one sealring-node-insecure --cid "$cid"
check "with room again it starts" ins_ready one
logged=$("$sealring" log show --node "$(ins_url one)" --cid "$cid" | jq -r 'select(.leaf.type == "release") | .index' | wc -l)
check "each of $got releases stands in its log: $logged" [ "$logged" = $got ]
check "its log verifies" "$sealring" log verify --node "$(ins_url one)" --cid "$cid"
check "and it releases" [ "$("$sealring" fetch --platform insecure --node "$(ins_url one)" --cid "$cid" demo:app/word)" = "the value" ]
echo "$passed passed, $failed failed"
[ $failed = 0 ]
