#!/bin/bash
# man.sh - every command has a manual page that mandoc takes without a warning and that names each of its
# options; every key of the configuration stands in sealring.conf(5).
set -u
bin=$1 man=$1/man passed=0 failed=0
command -v mandoc >/dev/null || { echo "skipped: no mandoc"; exit 77; }
check() { if "${@:2}"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $1"; fi; }
clean() { [ -z "$(mandoc -Tlint -W warning "$1" 2>&1)" ]; }
names() { mandoc -Tascii "$1" | col -b | tr -s ' \n' '  ' | grep -qF -- "$2"; }

mapfile -t commands < <("$bin/sealring" --help | awk -F '  +' '/^  [a-z]/ { print $2 }')
check "there are commands" [ "${#commands[@]}" -gt 20 ]
for words in "${commands[@]}"; do
    page=$man/sealring-${words// /-}.1
    check "$words: has a page" [ -s "$page" ] || continue
    # shellcheck disable=SC2086 # a command of two words is two words
    for option in $("$bin/sealring" $words --help | grep -o '^  --[a-z-]*'); do
        check "$words: the page names $option" names "$page" "$option"
    done
done
for key in $("$bin/sealring-node" --help | sed -n 's/^  \([a-z][a-z-]*\)  *.*/\1/p'); do
    check "sealring.conf(5) names $key" names "$man/sealring.conf.5" "$key"
done
for page in "$man"/*; do check "mandoc takes $(basename "$page")" clean "$page"; done
check "every page that sealring(1) points to is there" [ -z "$(grep -oE '^\.Xr sealring[a-z-]* [158]' "$man/sealring.1" |
    while read -r _ name section; do [ -s "$man/$name.$section" ] || echo "$name"; done)" ]
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
