#!/bin/bash
# threats.sh - every test that the threat model names exists, and every threat has its row.
set -u
bin=$1 passed=0 failed=0
tests=$(ctest --test-dir "$bin" -N | sed -n 's/^ *Test *#[0-9]*: //p')
for name in $(grep -oE '`(unit|e2e|lint|threads|attack|teeth)/[a-z0-9_.]+`' specs/threat-model.md | tr -d '`' | sort -u); do
    if grep -qxF "$name" <<<"$tests"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: no test $name"; fi
done
for n in $(seq -w 28); do
    if grep -q "^| T$n |" specs/threat-model.md; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: no row T$n"; fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
