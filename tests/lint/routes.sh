#!/bin/sh
# routes.sh - every route of the daemon stands in specs/openapi.yaml, and nothing else does.
set -eu
code=$(sed -n 's/^ *{ \(GET\|POST\|PUT\|DELETE\), "\([^"]*\)".*/\1 \2/p' node/api_*.c |
    sed 's/{}/*/g' | grep -vE 'tile/\*/\*/\*' | sort)
spec=$(awk '/^paths:/ { on = 1 } /^components:/ { on = 0 }
    on && /^  \// { path = $1; sub(/:$/, "", path); gsub(/\{[a-z]+\}/, "*", path) }
    on && /^    (get|post|put|delete):/ { m = $1; sub(/:$/, "", m); print toupper(m) " " path }' specs/openapi.yaml | sort)
[ "$code" = "$spec" ] || { echo "code:"; echo "$code"; echo "specs/openapi.yaml:"; echo "$spec"; exit 1; }
echo "1 passed, 0 failed"
