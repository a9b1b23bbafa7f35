#!/bin/bash
# recovery.sh - recovery holders on real binaries and software TPMs. BUILD is the first argument.
set -u
bin=$(cd "$1" && pwd)
. tests/e2e/lib_tpm.sh
. tests/network.sh
run=$(mktemp -d)
trap 'network_stop; rm -rf "$run"' EXIT
. tests/e2e/lib_check.sh
net=$run/net sealring=$bin/sealring

network_new "$net" "$bin" && network_machine one || exit 1
mkdir "$run/h"
"$sealring" keygen "$run/h/anna" >/dev/null && "$sealring" keygen "$run/h/stranger" >/dev/null || exit 1 # Ed25519
for who in ben cleo; do # X25519, by another tool
    openssl genpkey -algorithm x25519 -out "$run/h/$who" && openssl pkey -in "$run/h/$who" -pubout -out "$run/h/$who.pub" &&
        chmod 600 "$run/h/$who" || exit 1
done
openssl genrsa -out "$run/h/rsa" 3072 2>/dev/null && openssl pkey -in "$run/h/rsa" -pubout -out "$run/h/rsa.pub"

prepare() { # ARG...: another genesis.json of the same operators
    local op=$net/operator
    "$sealring" genesis prepare --operator "$op/operator.key.pub" --ak-ca "$op/ak-ca.key.pub" --tpm-root "$(tpm_root)" \
        --policy "$op/policy.json" --out "$run/other.json" "$@"
}
check "operators prepare" network_operator --recovery "$run/h/anna.pub" --recovery "$run/h/ben.pub" --recovery "$run/h/cleo.pub" --recovery-t 2
check "one holder alone is refused" reason genesis-format prepare --recovery "$run/h/anna.pub" --recovery-t 1
check "and more holders than there are" reason genesis-format prepare --recovery "$run/h/anna.pub" --recovery "$run/h/ben.pub" --recovery-t 3
check "and one holder named twice" reason genesis-format prepare --recovery "$run/h/ben.pub" --recovery "$run/h/ben.pub" --recovery-t 2
check "an RSA key is refused, with the reason" reason recovery-holder prepare --recovery "$run/h/rsa.pub" --recovery "$run/h/ben.pub" --recovery-t 2

check "genesis with recovery holders" network_genesis one
cid=$(network_cid) bundle=$net/one/genesis.bundle
verdict() { "$sealring" verify-genesis --json --cid "$cid" "$bundle" | jq -e "$1"; }
check "the cid's bundle says who can recover" verdict '.recovery_holders == 3 and .recovery_t == 2 and .verdict == "accept"'
for who in anna ben cleo; do
    check "$who's share opens" "$sealring" recovery check --cid "$cid" --key "$run/h/$who" "$bundle"
done
check "from a member as well" "$sealring" recovery check --cid "$cid" --key "$run/h/anna" --node "$(net_url one)"
check "a stranger has none" reason recovery-holder "$sealring" recovery check --cid "$cid" --key "$run/h/stranger" "$bundle"

# The set is at the end of the bundle; the last byte is of the sealed master, and the one before the last package of a share.
flip() { # OFFSET FROM THE END
    cp "$bundle" "$run/bundle"
    local at=$(($(stat -c %s "$bundle") - $1)) byte
    byte=$(od -An -tu1 -j $at -N 1 "$bundle")
    printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$run/bundle" bs=1 seek=$at conv=notrunc 2>/dev/null
}
for at in 1 100 300 440; do
    flip $at
    check "a set changed $at bytes from its end is not what the evidence says" exits 1 \
        "$sealring" recovery check --cid "$cid" --key "$run/h/anna" "$run/bundle"
done
finish
