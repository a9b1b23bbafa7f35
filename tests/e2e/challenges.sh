#!/bin/bash
# challenges.sh - challenges by the hundred thousand, and the memory of the member that gave them: challenges.py.
set -u
BUILD=$(cd "$1" && pwd)
passed=0 failed=0
command -v jq >/dev/null && command -v wrk >/dev/null || { echo "0 passed, 0 failed, 1 skipped"; exit 77; }
. tests/e2e/lib_insecure.sh
ins_begin && ins_genesis || exit 1
ins_start one sealring-bootstrap-insecure --genesis "$ins/genesis.json" --genesis-policy "$ins/policy.json" --log-level error
for _ in $(seq 100); do
    port=$(ss -ltnp 2>/dev/null | sed -n "s/.*127.0.0.1:\([0-9]*\) .*pid=$(cat "$ins/one/pid"),.*/\1/p" | head -n 1)
    [ -z "$port" ] || break
    sleep 0.05
done
for _ in $(seq 100); do curl -sf "http://127.0.0.1:$port/healthz" >/dev/null && break; sleep 0.05; done
cid=$(curl -s "http://127.0.0.1:$port/sealring/v1/status" | jq -r .cid)
mkdir "$ins/flood"
python3 tests/e2e/challenges.py "$BUILD" "$ins/flood" "http://127.0.0.1:$port" "$cid" "$(cat "$ins/one/pid")"
