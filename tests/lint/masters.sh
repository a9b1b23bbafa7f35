#!/bin/bash
# masters.sh - who can fill a keyring: what the linked objects call, not what the text says. The first argument is a
# build folder. specs/launcher.md, step 4.
set -u
bin=$1 passed=0 failed=0
[ -n "$(ls "$bin"/libsr_node.a 2>/dev/null)" ] || { echo "no build in $bin"; exit 1; }
callers() { nm -A "$bin"/lib*.a 2>/dev/null | sed -n "s/^[^:]*:\([^:]*\.o\): *U $1\$/\1/p" | sort -u | tr '\n' ' '; }
only() { # FUNCTION OBJECT...
    local function=$1 got
    got=$(callers "$1")
    shift
    if [ "$got" = "$* " ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $function is called by: $got"; fi
}
# Drawn: by genesis alone. Installed: from a join, from t shares, from this machine's own seal.
only keyring_generate genesis.c.o
only keyring_install joiner.c.o keyring_rotate.c.o keyring_seal.c.o recovery.c.o
# Drawn later: by a rotation alone; installed with those before: from a pull.
only keyring_draw rotation_draw.c.o
only keyring_install_with epoch_pull.c.o
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
