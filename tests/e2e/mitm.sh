#!/bin/bash
# mitm.sh - two networks of the same build, and somebody between: mitm_insecure.py. BUILD is the first argument.
set -u
BUILD=$(cd "$1" && pwd)
passed=0 failed=0
command -v jq >/dev/null && command -v python3 >/dev/null || { echo "0 passed, 0 failed, 1 skipped"; exit 77; }
. tests/e2e/lib_insecure.sh
ins_begin || exit 1

for name in a b; do
    ins_genesis || exit 1
    ins_start $name sealring-bootstrap-insecure --genesis "$ins/genesis.json" --genesis-policy "$ins/policy.json" \
        --genesis-bundle "$ins/$name.bundle"
    check "network $name" ins_ready $name
done
check "a secret of A" bash -c 'printf "of A" | "$@"' sh "$sealring" put --node "$(ins_url a)" --cid "$(ins_cid a)" --tenant demo \
    --key "$ins/admin.key" app/secret
check "a secret of B by the same name" bash -c 'printf "of B" | "$@"' sh "$sealring" put --node "$(ins_url b)" --cid "$(ins_cid b)" \
    --tenant demo --key "$ins/admin.key" app/secret
mkdir "$ins/mitm"
python3 tests/e2e/mitm_insecure.py "$BUILD" "$ins/mitm" "$(ins_url a)" "$(ins_cid a)" "$(ins_url b)" "$(ins_cid b)" >"$ins/report"
cat "$ins/report"
IFS=" ," read -r p _ f _ < <(tail -n 1 "$ins/report")
case $(tail -n 1 "$ins/report") in *" passed, "*" failed") ;; *) tail "$ins/report"; p=0 f=1 ;; esac
check "nobody granted what was never asked: no log says internal" bash -c '! grep -l "reason=internal" "$1"/*/log' sh "$ins"
echo "$((passed + p)) passed, $((failed + f)) failed"
[ $((failed + f)) -eq 0 ]
