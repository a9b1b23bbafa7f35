#!/bin/bash
# reproducible.sh - the same source gives the same programs: in another folder, built out of the tree, forty days later, in another
# time zone, locale and umask. And another source gives others. BUILD is not used: both builds are made here, with the release flags.
set -u
run=$(mktemp -d) passed=0 failed=0
trap 'rm -rf "$run"' EXIT
. tests/e2e/lib_check.sh
command -v faketime >/dev/null || { echo "skipped: no faketime"; echo "0 passed, 0 failed, 1 skipped"; exit 77; }
export CCACHE_DISABLE=1 # what another build left behind would hide a difference
shipped="sealringd sealring sealring-launch libsealring.so.0.1.0 reference-values.json man/sealring.1 man/sealring.conf.5"

copy() { mkdir -p "$1" && git ls-files -z | tar --null -cT - | tar -x -C "$1"; }
options() { # as the preset says, for a build folder outside the tree
    python3 -c 'import json
rows = {p["name"]: p for p in json.load(open("CMakePresets.json"))["configurePresets"]}
print(*(f"-D{k}={v}" for k, v in rows["release"]["cacheVariables"].items()))'
}
first() {
    copy "$run/one" && (cd "$run/one" && cmake --preset release && cmake --build build/release) >"$run/first.log" 2>&1
}
second() {
    copy "$run/another/place/two" && (
        umask 077
        export TZ=Asia/Tokyo LC_ALL=C.UTF-8 USER=somebody HOME="$run"
        # shellcheck disable=SC2046 # a list of words
        faketime -f +40d cmake -S "$run/another/place/two" -B "$run/elsewhere" -G Ninja $(options) &&
            faketime -f +40d cmake --build "$run/elsewhere"
    ) >"$run/second.log" 2>&1
}
check "a build" first
check "a second one" second
for file in $shipped; do
    check "$file is the same" cmp "$run/one/build/release/$file" "$run/elsewhere/$file"
done
check "no path of the build is in the daemon" test "$(grep -c "$run" "$run/elsewhere/sealringd")" = 0
sed -i 's/, "ok")/, "OK")/' "$run/one/crypto/err.h"
check "a third, of another source" cmake --build "$run/one/build/release" --target sealringd
check "is another program: the comparison finds what there is" test "$(cmp "$run/one/build/release/sealringd" "$run/elsewhere/sealringd" 2>&1)" != ""
check "the release notes carry the values" grep -q "$(jq -r '.programs[] | select(.name == "sealringd").code' "$run/elsewhere/reference-values.json")" \
    <(cmake/release-notes "$run/elsewhere")
check "which are the file's own" test "$(jq -r '.programs[] | select(.name == "sealringd").code' "$run/elsewhere/reference-values.json")" = \
    "$(sha256sum <"$run/elsewhere/sealringd" | cut -d' ' -f1)"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
