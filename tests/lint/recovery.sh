#!/bin/bash
# recovery.sh - shares are made at genesis and by nothing else: what the linked objects call, not what the text says.
set -u
bin=$1 passed=0 failed=0
callers() { nm -A "$bin"/lib*.a 2>/dev/null | sed -n "s/^[^:]*:\([^:]*\.o\): *U $1\$/\1/p" | sort -u | tr '\n' ' '; }
only() { # FUNCTION OBJECT
    local got
    got=$(callers "$1")
    if [ "$got" = "$2 " ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $1 is called by: $got"; fi
}
only share_split recovery.c.o
only recovery_make keyring_recovery.c.o
only keyring_make_recovery genesis.c.o
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
