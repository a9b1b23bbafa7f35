#!/bin/sh
# known_bugs.sh - each test that tests/known_verifier_bugs.md names is in the file that it names.
set -eu
n=0 bad=0
while IFS='|' read -r _ fault what file name _; do
    file=$(echo "$file" | tr -d ' ')
    case $file in unit/*|parts/*) ;; *) continue ;; esac
    name=$(printf '%s' "$name" | sed 's/^ *`//; s/` *$//')
    n=$((n + 1))
    grep -qF -- "$name" "tests/$file" || { echo "no \"$name\" in tests/$file:$fault$what"; bad=$((bad + 1)); }
done <tests/known_verifier_bugs.md
[ $n -gt 30 ] || { echo "only $n rows found"; bad=1; }
echo "$((n - bad)) passed, $bad failed"
[ $bad = 0 ]
