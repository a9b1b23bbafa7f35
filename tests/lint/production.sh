#!/bin/bash
# production.sh - nothing of the insecure mode is in a production program: no function, no row, no label.
set -u
passed=0 failed=0
has() { nm "$1" | grep -qi 'insecure' || grep -qaE 'sealring-insecure/v1/' "$1"; }
check() {
    local what=$1
    shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "FAILED: $what"; fi
}
lacks() { ! has "$1"; }
for program in sealringd sealring sealring-launch libsealring.so; do
    check "$program is there" test -e "$1/$program"
    check "$program has nothing insecure in it" lacks "$1/$program"
done
for program in sealringd sealring sealring-launch; do # or this test sees nothing at all
    check "$program-insecure has" has "$1/$program-insecure"
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
