#!/bin/bash
# launcher.sh - specs/launcher.md to the letter: every command of the page, in its order, against a network on software TPMs;
# and that no input of the host's decides the master. BUILD is the first argument.
set -u
bin=$(cd "$1" && pwd) source=$PWD
run=$(mktemp -d)
. tests/e2e/lib_tpm.sh
. tests/network.sh
. tests/e2e/lib_check.sh
trap 'network_stop; rm -rf "$run"' EXIT

network_new "$run/net" "$bin" || exit 1
network_machines one two again || exit 1
opnonce=$(printf 'a value of that day' | sha256sum | cut -d' ' -f1)
check "operators prepare" network_operator --opnonce "$opnonce"
check "genesis" network_genesis one
check "a second member" network_join two one

export BUILD=$bin SOURCE=$source BUNDLE=$net_dir/one/genesis.bundle OPNONCE=$opnonce
export SEALRING_NODE SEALRING_CID OTHER_CID=sr1lzv3q0aukkqtyrf4xxl4qja6n0xm9c7p0crvwezahnqc98zhu40slkal2h
SEALRING_NODE=$(net_url two) SEALRING_CID=$(network_cid)
export PATH=$bin:$PATH
mkdir "$run/page" "$run/work"
# Blocks of commands, one file each, named after their line.
awk -v dir="$run/page" '/^```sh$/ { file = sprintf("%s/%04d", dir, NR); next } /^```$/ { file = ""; next } file { print > file }' specs/launcher.md
check "the page has commands" test "$(ls "$run/page" | wc -l)" -ge 10
for block in "$run"/page/*; do
    check "specs/launcher.md, line $(basename "$block")" bash -c '
        cd "$1" || exit 1
        # A command whose failure is wanted begins with "!": bash does not stop at it, so it is looked at line by line.
        set -e
        while IFS= read -r line; do
            case $line in
            "! "*) if eval "${line#! }"; then echo "should fail: $line"; exit 1; fi ;;
            *) eval "$line" || { echo "fails: $line"; exit 1; } ;;
            esac
        done <"$2"' sh "$run/work" "$block"
done

# The same inputs on another machine, and anything else that a host can say: another master each time.
commit() { "$bin/sealring" log show --node "$1" --cid "$2" | jq -r 'select(.leaf.type == "genesis") | .leaf.commit'; }
first=$(commit "$(net_url one)" "$(network_cid)")
cp "$net_dir/cid" "$run/cid"
check "the same genesis again" env SEALRING_SEED=00 SEALRING_MASTER=00 bash -c '
    . tests/e2e/lib_tpm.sh; . tests/network.sh
    net_dir=$1 net_bin=$2 TPM_DIR=$1/tpm net_pids=
    network_genesis again' sh "$net_dir" "$bin"
second=$(commit "$(net_url again)" "$(network_cid)")
check "has another master" test -n "$first" -a -n "$second" -a "$first" != "$second"
check "and another id" exits 1 cmp -s "$run/cid" "$net_dir/cid"
kill "$(cat "$net_dir/again/pid")"
finish
