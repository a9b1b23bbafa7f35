#!/bin/bash
# insecure.sh - nothing of the insecure mode is in a production program: no row, no label, no cid prefix.
set -u
bin=$1 passed=0 failed=0
check() { if "${@:2}"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $1"; fi; }
none() { ! "$@" | grep -q .; }
symbols() { nm "$1" 2>/dev/null | grep -i insecure; }
texts() { grep -aoE 'sealring-insecure/|srx1|insecure-claims' "$1" | sort -u; }
for program in sealringd sealring sealring-launch libsealring.so; do
    check "$program: no symbol of the insecure mode" none symbols "$bin/$program"
    check "$program: no text of the insecure mode" none texts "$bin/$program"
done
for program in sealringd-insecure sealring-insecure sealring-launch-insecure; do
    check "$program: has them, so that this test can fail" bash -c 'nm "$1" | grep -qi insecure && grep -aq sealring-insecure/ "$1"' - "$bin/$program"
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
