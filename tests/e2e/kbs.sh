#!/bin/bash
# kbs.sh - guests of Confidential Containers at two nodes, by an independent client: kbs.py. BUILD is the first argument.
set -u
BUILD=$(cd "$1" && pwd)
passed=0 failed=0
skip() { echo "skipped: $1"; echo "0 passed, 0 failed, 1 skipped"; exit 77; }
command -v jq >/dev/null || skip "no jq"
python3 -c 'import cryptography' 2>/dev/null || skip "no python3-cryptography"
. tests/e2e/lib_insecure.sh
ins_begin || exit 1
# Two tenants: "demo" puts for itself, "open" lets members write for it from policy 2 on, which kbs.py makes.
ins_policy() {
    jq -cS -n --arg admin "$admin" --argjson number "$2" --arg previous "$3" '
        def rule($t): {name: ("guests-" + $t), type: "sample", where: [{claim: "svn", op: "eq", value: "1"}], tenant: $t, keys: ["key/*"], usages: ["secret"]};
        {version: 1, number: $number, previous: $previous, min_epoch: 1, channel_binding: "optional",
        join: [{name: "this-build", type: "insecure", where: [{claim: "code", op: "same"}]}],
        release: [rule("demo"), rule("open")],
        tenants: [{name: "demo", admins: [$admin], max_secrets: 100, max_bytes: 1000000},
            {name: "open", admins: [$admin], max_secrets: 100, max_bytes: 1000000}]}' >"$1"
}
ins_genesis || exit 1
python3 tests/e2e/kbs.py "$BUILD" "$ins"
