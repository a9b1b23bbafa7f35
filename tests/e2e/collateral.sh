#!/bin/bash
# collateral.sh - vendors' documents from a stand-in PCCS and KDS, by `sealring collateral` and by a node: fetched,
# verified, kept, never older; servers that go wrong in every way change nothing. BUILD is the first argument.
set -u
BUILD=$1
command -v jq >/dev/null && command -v python3 >/dev/null || { echo "0 passed, 0 failed, 1 skipped"; exit 77; }
passed=0 failed=0
. tests/e2e/lib_insecure.sh
ins_begin || exit 1
web=$ins/web dir=$ins/dir
tool=$BUILD/sealring
mkdir -p "$web" && "$BUILD/tests/collateral_world" "$web" || exit 1
serve() { echo "$*" >"$web/manner.new" && mv "$web/manner.new" "$web/manner"; }
serve old right
mkdir -p "$ins/server"
python3 tests/e2e/collateral_server.py "$web" >"$web/port" &
echo $! >"$ins/server/pid"
for _ in $(seq 100); do [ -s "$web/port" ] && break; sleep 0.05; done
url=http://127.0.0.1:$(cat "$web/port")
amd=$(cat "$web/amd.pin") intel=$(cat "$web/intel.pin")
exits() { # CODE COMMAND...
    local want=$1
    shift
    "$@"
    local got=$?
    [ $got -eq "$want" ] || { echo "exit status $got, not $want"; return 1; }
}
fetch() { "$tool" collateral fetch --pccs "$url" --kds "$url" --timeout 2 --root "$amd" --root "$intel" "$@" "$dir"; }
holds() { (cd "$dir" && sha256sum ./* | sha256sum); }
asked() { wc -l <"$web/asked"; }
verdict() { # TYPE VERDICT REASON: of this evidence with what the folder holds
    local pin=$amd
    [ "$1" = tdx ] && pin=$intel
    "$tool" verify-evidence --type "$1" --vendor-root "$ins/$1.pem" --collateral "$dir" --json "$web/$1.bin" |
        jq -e --arg v "$2" --arg r "$3" '.verdict == $v and .reason == $r'
}
number() { "$tool" collateral show --root "$amd" --root "$intel" --json "$dir" | jq '[.[] | select(.kind == "tcb-info") | .number] | max'; }
refused() { # REASON COMMAND...: exit status 1, and that reason for something
    local want=$1 out got
    shift
    out=$("$@" --json)
    got=$?
    [ $got -eq 1 ] && jq -e --arg r "$want" 'any(.[]; .fate == "refused" and .reason == $r)' <<<"$out" >/dev/null || { echo "$got: $out"; return 1; }
}
unchanged() { # COMMAND...: succeeds, and the folder is what it was
    local before
    before=$(holds)
    "$@" && [ "$(holds)" = "$before" ]
}
root_file() { # PATH-SUFFIX OUT: the last certificate that is served there
    awk '/BEGIN/ {text = ""} {text = text $0 "\n"} END {printf "%s", text}' "$1" >"$2"
}
root_file "$web/old-4.body" "$ins/snp.pem"
root_file "$web/old-0.chain" "$ins/tdx.pem"

# ---- the command ----
mkdir -p "$dir"
check "without collateral SNP evidence is refused" verdict snp reject collateral-missing
check "what an SNP report needs is fetched" exits 0 fetch --for "$web/snp.bin"
check "now it is accepted" verdict snp accept none
check "TDX evidence is still refused" verdict tdx reject collateral-missing
check "what a TDX quote needs is fetched" exits 0 fetch --for "$web/tdx.bin"
check "now it is accepted" verdict tdx accept none
n=$(asked)
check "nothing more is needed" unchanged exits 0 fetch --for "$web/tdx.bin" --for "$web/snp.bin"
check "and nothing was asked" test "$(asked)" = "$n"
check "everything that is held is good" exits 0 "$tool" collateral show --root "$amd" --root "$intel" "$dir"
check "under the vendors' own roots nothing of it is" exits 1 "$tool" collateral show "$dir"
check "final modes" bash -c '[ -z "$(find "$1" -type f ! -perm 644)" ]' sh "$dir"

for row in missing:unknown error:unknown redirect:unknown slow:no-answer cut:no-answer huge:no-answer \
    garbage:collateral-format chainless:collateral-format; do
    serve new "${row%:*}"
    check "a server that is wrong (${row%:*}) changes nothing" unchanged refused "${row#*:}" fetch --fmspc b0c06f000000
done
serve other right
check "documents of another root are refused" unchanged refused certificate-anchor fetch --fmspc B0C06F000000
check "and the evaluation is the one from before" test "$(number)" = 20
serve new right
fetch --refresh >"$ins/out" 2>&1
check "a later evaluation is taken" test "$(number)" = 21
serve old right
check "an earlier one is not" unchanged refused collateral-older fetch --refresh
check "nor by import" unchanged refused collateral-older "$tool" collateral import --root "$intel" --into "$dir" "$web/old-tcb.json"
check "and still it is the later" test "$(number)" = 21
check "http to elsewhere is no source" exits 2 "$tool" collateral fetch --pccs http://192.0.2.1 --fmspc b0c06f000000 "$dir"
check "a want that no source serves is said" refused config "$tool" collateral fetch --kds "$url" --root "$amd" --fmspc b0c06f000000 "$dir"
check "nothing wanted is a usage error" exits 2 "$tool" collateral fetch --kds "$url" "$dir"
check "evidence that is none is refused" exits 2 fetch --for "$web/amd.pin"
check "a product that is none" exits 2 fetch --product naples

# ---- a node ----
rm -rf "$dir" && mkdir "$dir"
serve old right
fetch --for "$web/tdx.bin" --for "$web/snp.bin" >/dev/null
ins_genesis && jq -cS --arg amd "$amd" --arg intel "$intel" \
    '.roots = [{type: "snp", spki: [$amd]}, {type: "tdx", spki: [$intel]}]' "$ins/genesis.json" >"$ins/g" &&
    mv "$ins/g" "$ins/genesis.json"
node() {
    ins_start one sealring-bootstrap-insecure --genesis "$ins/genesis.json" --genesis-policy "$ins/policy.json" \
        --genesis-bundle "$ins/genesis.bundle" --collateral-dir "$dir" --pccs-url "$url" --kds-url "$url" \
        --collateral-refresh 1
    ins_ready one
}
status() { curl -s "$(ins_url one)/sealring/v1/status" | jq -e "$1"; }
eventually() {
    for _ in $(seq 100); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    "$@"
}
evaluation() { status "[.collateral.items[] | select(.kind == \"tcb-info\") | .number] == [$1]"; }
logged() { grep -q "$1" "$ins/one/log"; }
check "a node starts on that folder" node
check "status says what it holds" status '.collateral.held > 8 and .collateral.not_good == 0 and .collateral.ends > now'
check "no chip is named in it" status '[.collateral.items[].name | select(test("VCEK"))] == []'
check "its evaluation is the folder's" evaluation 20
check "it asks again by itself" eventually status '.collateral.fetching.fetched > 4 and (.collateral.fetching | has("last_error") | not)'
serve new right
check "a later evaluation arrives" eventually evaluation 21
serve old right
check "an earlier one is refused, and said" eventually logged 'collateral-refused.*reason=collateral-older'
check "status names the failure" eventually status '.collateral.fetching.last_error == "collateral-older"'
check "and the later one stays" evaluation 21
check "metrics have it" bash -c 'curl -s "$1/metrics" | grep -q "^sealring_collateral_held [1-9]"' sh "$(ins_url one)"
ins_stop one
: >"$ins/one/log"
check "it starts again" node
check "with what it had, not with what the folder says" evaluation 21
rm -rf "${dir:?}"/*
check "a folder that is emptied takes nothing away" bash -c 'kill -HUP "$1"; sleep 0.5' sh "$(cat "$ins/one/pid")"
check "it is still there" evaluation 21
serve old slow
start=$SECONDS
check "a node whose server hangs stops all the same" ins_stop one
check "in time" test $((SECONDS - start)) -lt 12
check "addresses must be https or loopback" bash -c '
    "$1" --check-config --listen-plain 127.0.0.1:0 --pccs-url http://192.0.2.1 2>&1 | grep -q "reason=config"' sh "$BUILD/sealringd"
ins_end
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
