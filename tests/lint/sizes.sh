#!/bin/sh
# sizes.sh - the limits of the tree: no file over 400 lines; aim for 150.
set -eu
long=$(git ls-files 'crypto/*' 'proto/*' 'store/*' 'node/*' 'bootstrap/*' 'client/*' | grep '\.[ch]$' |
    xargs wc -l | awk '$2 != "total" && $1 > 400')
[ -z "$long" ] || { echo "over 400 lines: $long"; exit 1; }
echo "1 passed, 0 failed"
