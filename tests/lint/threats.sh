#!/bin/bash
# threats.sh - every test exists that the threat model and the page about launchers name; every threat has its row, and each of
# what keeps a launcher from the master (K1 to K7) its step, with a test.
set -u
bin=$1 passed=0 failed=0
tests=$(ctest --test-dir "$bin" -N | sed -n 's/^ *Test *#[0-9]*: //p')
for name in $(grep -oE '`(unit|e2e|lint|threads|attack|teeth)/[a-z0-9_.]+`' specs/threat-model.md specs/launcher.md -h | tr -d '`' | sort -u); do
    if grep -qxF "$name" <<<"$tests"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: no test $name"; fi
done
for n in $(seq -w 28); do
    if grep -q "^| T$n |" specs/threat-model.md; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: no row T$n"; fi
done
for n in $(seq 7); do
    if awk -v k="K$n" '/^## / { in_step = $0 ~ "[( ]" k "[,)]" } in_step' specs/launcher.md | grep -qE '`(unit|e2e|lint|attack)/'; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1)) && echo "FAILED: specs/launcher.md has no step with a test for K$n"
    fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
