#!/bin/bash
# fuzz.sh - every parser of bytes from outside stands in tests/fuzz/PARSERS with the fuzz target that calls it, or with
# the parser through which a target reaches it; every target is there and has a corpus. A parser is a function of a
# header that takes a span and is named ..._read, _decode, _parse, _trim, _find or _next (with _any, _pem, _json behind it);
# others may have a row too.
set -u
command -v ctags >/dev/null || { echo "skipped: no ctags"; exit 77; }
table=tests/fuzz/PARSERS passed=0 failed=0
check() { if "${@:2}"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $1"; fi; }
among() { grep -qxF "$1" <<<"$2"; }
rows() { grep -v '^#' $table; }

all=$(git ls-files 'crypto/*.h' 'proto/*.h' 'store/*.h' 'node/*.h' 'client/*.h' |
    ctags -f - --languages=C --langmap=C:.c.h --kinds-C=p --fields=+S --sort=no -L -)
parsers=$(awk -F'\t' '$1 ~ /_(read|decode|parse|trim|find|next)(_any|_pem|_json)?$/ && /signature:\(.*struct span [a-z0-9_]+[,)]/ { print $1 }' <<<"$all" | sort)
check "there are parsers" [ "$(wc -l <<<"$parsers")" -gt 60 ]
for name in $parsers; do check "$name has its row in $table" among "$name" "$(rows | cut -d' ' -f1)"; done
check "no parser has two rows" test -z "$(rows | cut -d' ' -f1 | sort | uniq -d)"
while read -r name how other _; do
    check "$name is a function of a header" among "$name" "$(cut -f1 <<<"$all")"
    case $how in
    through) check "$name is reached through $other, which has a row" among "$other" "$(rows | cut -d' ' -f1)" ;;
    none) check "$name: it is said why it needs no target" [ -n "$other" ] ;;
    *) check "tests/fuzz/$how.c calls $name" grep -qsw "$name" "tests/fuzz/$how.c" ;;
    esac
done < <(rows)
for target in $(basename -s .c tests/fuzz/fuzz_*.c); do
    check "$target has a row" among "$target" "$(rows | cut -d' ' -f2)"
    check "$target has a corpus" [ -n "$(git ls-files "tests/fuzz/corpus/$target/*")" ]
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
