#!/bin/bash
# text.sh - what must not stand in the tree: conditional code outside its few places, notes to do something, code in
# comments, paths of somebody's machine; and what must: each end-to-end test ends in its count.
set -u
passed=0 failed=0
none() { # what, then a command that prints what is wrong
    local found
    found=$("${@:2}")
    if [ -z "$found" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $1"; echo "$found" | head; fi
}
code=(-- '*.c' '*.h' ':!tests')

# A macro that a header of the system may lack; the guards of the header that others include, from C++ too.
conditional() {
    git grep -nE '^ *# *(if|ifdef|ifndef|elif)\b' "${code[@]}" |
        grep -vE '^node/platform/launch_exec\.c:[0-9]+:#ifndef MFD_EXEC |^client/sealring\.h:[0-9]+:#(ifndef SEALRING_H|ifdef __cplusplus)$'
}
to_do() { git grep -nE '\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b' -- . ':!tests/fuzz/corpus'; }
# Lines of a comment that are statements. Headers may show how something is called.
commented_out() {
    git grep -nE '^ *(//|/\*|\*) +((return|if|for|while|goto)\b.*[;{]|.*\w\(.*\);|[^;]* = [^;]*;|.*[{}]) *(\*/)?$|^ *// *#' -- '*.c'
}
machine() { git grep -nE '(^|[^a-z.])/(wor[k]|roo[t]|hom[e]/[a-z])/' -- . ':!tests/fuzz/corpus'; }
# The last line but empty ones counts, or runs what counts, or checks what was counted.
uncounted() {
    local script program
    for script in tests/e2e/*.sh; do
        case $script in */lib_*) continue ;; esac
        tail -n 3 "$script" | grep -qE '^ *finish$|^echo ".* passed, .* failed' && continue
        program=$(tail -n 1 "$script" | grep -oE '[a-z0-9_/]+\.py' | head -n 1)
        [ -n "$program" ] && grep -q 'passed, ' "$program" || echo "$script"
    done
}
none "conditional code belongs where CMake picks files" conditional
none "notes to do something belong in no file" to_do
none "code belongs in no comment" commented_out
none "no file names a path of somebody's machine" machine
none "each end-to-end test ends in its count" uncounted
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
