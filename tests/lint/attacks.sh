#!/bin/bash
# attacks.sh - tests/README.md says which test tries which attack: every test it names exists, every folder and area of
# attacks stands there, and each attack it names beside a patch that takes its defence away (or EXCEPTIONS, which lists it).
set -u
bin=$1 passed=0 failed=0
readme=tests/README.md
tests=$(ctest --test-dir "$bin" -N | sed -n 's/^ *Test *#[0-9]*: //p')
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAILED: $*"; }
for name in $(grep -oE '`(unit|e2e|lint|threads|attack|models|property|fuzz)/[a-z0-9_.]+`' $readme | tr -d '`' | sort -u); do
    if grep -qxF "$name" <<<"$tests"; then good; else bad "no test $name"; fi
done
for folder in tests/*/; do
    if grep -qF "\`$(basename "$folder")/\`" $readme; then good; else bad "$folder is not described"; fi
done
for source in tests/attacks/*attack_*.c; do
    area=$(basename "$source" .c | sed 's/.*attack_//')
    if grep -qF "\`attack_$area\`" $readme; then good; else bad "attack_$area is not described"; fi
    for row in $(sed -n 's/^    { "\([a-z0-9_]*\)", .*/\1/p' "$source"); do
        line=$(grep -F "\`attack/$row\`" $readme) || continue
        beside=$(sed 's/.*| \([^|]*\) |$/\1/' <<<"$line")
        found=0
        for patch in $(grep -oE '`[a-z0-9_]+`' <<<"$beside" | tr -d '`'); do
            grep -qx "Attack: $area $row" "tests/teeth/$patch.patch" 2>/dev/null && found=1
        done
        case $beside in *EXCEPTIONS*) grep -q "^$area $row: ." tests/teeth/EXCEPTIONS && found=1 ;; esac
        if [ $found = 1 ]; then good; else bad "attack/$row stands in the table beside no patch that lets it succeed"; fi
    done
done
for patch in $(sed -n '/^## What the code does/,/^## Not in/p' specs/models/README.md | grep '^|' | grep -oE '`[a-z0-9_]+`' | tr -d '`'); do
    if [ -f "tests/teeth/$patch.patch" ]; then good; else bad "specs/models/README.md names $patch, which is no patch"; fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
