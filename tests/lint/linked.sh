#!/bin/bash
# linked.sh - lint/masters and lint/recovery have teeth: beside one object more that calls what they watch over, each of
# their lines fails.
set -u
bin=$(cd "$1" && pwd) passed=0 failed=0
run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT
command -v cc >/dev/null || { echo "skipped: no cc"; exit 77; }
ln -s "$bin"/lib*.a "$run"
for lint in masters recovery; do
    "tests/lint/$lint.sh" "$run" >"$run/out" && passed=$((passed + 1)) || { failed=$((failed + 1)); echo "FAILED: $lint beside what was built"; }
    for function in $(sed -n 's/^only \([a-z_]*\) .*/\1/p' "tests/lint/$lint.sh"); do
        echo "void $function(void); void back_door(void); void back_door(void) { $function(); }" >"$run/back_door.c"
        cc -c -o "$run/back_door.c.o" "$run/back_door.c" && rm -f "$run/libback_door.a" && ar rcs "$run/libback_door.a" "$run/back_door.c.o"
        if ! "tests/lint/$lint.sh" "$run" >"$run/out" && grep -q "^FAILED: $function .*back_door.c.o" "$run/out" && [ "$(grep -c ^FAILED "$run/out")" = 1 ]; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1)) && echo "FAILED: $lint does not notice another caller of $function"
        fi
        rm -f "$run/libback_door.a"
    done
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
