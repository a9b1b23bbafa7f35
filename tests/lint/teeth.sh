#!/bin/sh
# teeth.sh - every patch under tests/teeth names attacks that exist, every attack has a patch, or tests/teeth/EXCEPTIONS
# says why it has none.
set -eu
cd tests
fail=0
rows() { sed -n 's/^    { "\([a-z0-9_]*\)", .*/\1/p' "$1"; }
for source in attacks/*attack_*.c; do
    area=$(basename "$source" .c | sed 's/.*attack_//')
    for row in $(rows "$source"); do
        grep -qx "Attack: $area $row" teeth/*.patch || grep -q "^$area $row: ." teeth/EXCEPTIONS ||
            { echo "$source: no patch in teeth/ makes $row succeed"; fail=1; }
    done
done
for patch in teeth/*.patch; do
    grep -q '^Removes: .' "$patch" || { echo "$patch: does not say what it removes"; fail=1; }
    attacks=$(sed -n 's/^Attack: //p' "$patch" | tr ' ' :)
    [ -n "$attacks" ] || { echo "$patch: names no attack"; fail=1; }
    for a in $attacks; do
        [ "${a%%:*}" = "$(echo "$attacks" | head -n1 | cut -d: -f1)" ] || { echo "$patch: two areas"; fail=1; }
        rows attacks/*"attack_${a%%:*}.c" | grep -qx "${a##*:}" || { echo "$patch: no attack $a"; fail=1; }
    done
    if [ "$(grep -c '^+++ b/' "$patch")" -gt 1 ] && ! grep -q '^Group: ' "$patch"; then
        echo "$patch: several files but no group"
        fail=1
    fi
done
[ $fail -eq 0 ] && echo "1 passed, 0 failed"
exit $fail
