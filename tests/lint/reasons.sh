#!/bin/sh
# reasons.sh - every reason code of crypto/reason.h has one line in specs/reasons.md, and no other code has.
set -eu
codes=$(sed -n 's/^ *X(R_[A-Z0-9_]*, "\([a-z0-9-]*\)").*/\1/p' crypto/reason.h | sort)
told=$(sed -n 's/^| `\([a-z0-9-]*\)` |.*/\1/p' specs/reasons.md | sort)
[ -n "$codes" ] || { echo "no codes found in crypto/reason.h"; exit 1; }
twice=$(printf '%s\n' "$told" | uniq -d)
[ -z "$twice" ] || { echo "explained twice: $twice"; exit 1; }
if [ "$codes" != "$told" ]; then
    for c in $codes; do printf '%s\n' "$told" | grep -qx "$c" || echo "not explained in specs/reasons.md: $c"; done
    for c in $told; do printf '%s\n' "$codes" | grep -qx "$c" || echo "not a reason code: $c"; done
    exit 1
fi
echo "1 passed, 0 failed"
