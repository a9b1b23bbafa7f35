#!/bin/bash
# recovery.sh - recovery holders of every kind on real binaries and software TPMs; one's key is in a token. BUILD is the
# first argument.
command -v jq >/dev/null && python3 -c "import cryptography" 2>/dev/null || { echo "0 passed, 0 failed, 1 skipped"; exit 77; }
set -u
bin=$(cd "$1" && pwd)
. tests/e2e/lib_tpm.sh
. tests/network.sh
run=$(mktemp -d)
trap 'network_stop; rm -rf "$run"' EXIT
. tests/e2e/lib_check.sh
net=$run/net sealring=$bin/sealring

network_new "$net" "$bin" && network_machines one token || exit 1
mkdir "$run/h"
token() { (cd "$run/h" && tpm2 token flushcontext -t && tpm2 token "$@") >/dev/null; }
"$sealring" keygen "$run/h/anna" >/dev/null && "$sealring" keygen "$run/h/stranger" >/dev/null || exit 1 # Ed25519
for who in ben cleo; do # X25519, by another tool
    openssl genpkey -algorithm x25519 -out "$run/h/$who" && openssl pkey -in "$run/h/$who" -pubout -out "$run/h/$who.pub" &&
        chmod 600 "$run/h/$who" || exit 1
done
for size in 1024 2048 2304 3072 4096; do # RSA: cleo's and fay's, and some that are no holders'
    (umask 077 && openssl genrsa -out "$run/h/rsa-$size" $size 2>/dev/null) &&
        openssl pkey -in "$run/h/rsa-$size" -pubout -out "$run/h/rsa-$size.pub" || exit 1
done
(umask 077 && openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3 -out "$run/h/rsa-e3" &&
    openssl genpkey -algorithm rsa-pss -pkeyopt rsa_keygen_bits:2048 -out "$run/h/rsa-pss") 2>/dev/null
for bad in e3 pss; do openssl pkey -in "$run/h/rsa-$bad" -pubout -out "$run/h/rsa-$bad.pub" || exit 1; done
mv "$run/h/rsa-3072" "$run/h/cleo" && mv "$run/h/rsa-3072.pub" "$run/h/cleo.pub"
mv "$run/h/rsa-4096" "$run/h/fay" && mv "$run/h/rsa-4096.pub" "$run/h/fay.pub"
# dora's is in a TPM, and never leaves it.
token createprimary -C o -c primary && token create -C primary -G rsa2048 -u dora.tpm -r dora.sealed -f pem -o dora.pub \
    -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|decrypt' && token load -C primary -u dora.tpm -r dora.sealed -c dora.key || exit 1

prepare() { # ARG...: another genesis.json of the same operators
    local op=$net/operator
    "$sealring" genesis prepare --operator "$op/operator.key.pub" --ak-ca "$op/ak-ca.key.pub" --tpm-root "$(tpm_root)" \
        --policy "$op/policy.json" --out "$run/other.json" "$@"
}
check "operators prepare" network_operator --recovery "$run/h/fay.pub" --recovery "$run/h/anna.pub" --recovery "$run/h/dora.pub" \
    --recovery "$run/h/ben.pub" --recovery "$run/h/cleo.pub" --recovery-t 2
check "one holder alone is refused" reason genesis-format prepare --recovery "$run/h/anna.pub" --recovery-t 1
check "and more holders than there are" reason genesis-format prepare --recovery "$run/h/anna.pub" --recovery "$run/h/ben.pub" --recovery-t 3
check "and one holder named twice" reason genesis-format prepare --recovery "$run/h/ben.pub" --recovery "$run/h/ben.pub" --recovery-t 2
check "and one RSA holder named twice" reason genesis-format prepare --recovery "$run/h/fay.pub" --recovery "$run/h/fay.pub" --recovery-t 2
for bad in 1024 2304 e3 pss; do
    check "RSA $bad is refused, with the reason" reason recovery-holder prepare --recovery "$run/h/rsa-$bad.pub" --recovery "$run/h/ben.pub" --recovery-t 2
done
sed -n 's/.*"\(rsa-4096:[0-9a-f]*\)".*/\1/p' "$net/operator/genesis.json" >"$run/h/fay.text"
check "genesis.json's own text names a holder too" prepare --recovery "$(cat "$run/h/fay.text")" --recovery "$run/h/ben.pub" --recovery-t 2

check "genesis with recovery holders" network_genesis one
cid=$(network_cid) bundle=$net/one/genesis.bundle
verdict() { "$sealring" verify-genesis --json --cid "$cid" "$bundle" | jq -e "$1"; }
check "the cid's bundle says who can recover" verdict '.recovery_holders == 5 and .recovery_t == 2 and .verdict == "accept"'
check "and with which kinds of key" verdict '[.holders[].kind] == ["x25519", "x25519", "rsa-2048", "rsa-3072", "rsa-4096"]'
pin() { openssl pkey -pubin -in "$run/h/$1.pub" -outform DER | sha256sum | cut -d' ' -f1; }
for who in ben:0,1 dora:2 cleo:3 fay:4; do
    check "${who%:*} finds the own key there" verdict "[.holders[${who#*:}].pin] | flatten | any(. == \"$(pin "${who%:*}")\")"
done
for who in anna ben cleo fay; do
    check "$who's share opens" "$sealring" recovery check --cid "$cid" --key "$run/h/$who" "$bundle"
done
check "from a member as well" "$sealring" recovery check --cid "$cid" --key "$run/h/anna" --node "$(net_url one)"
check "a stranger has none" reason recovery-holder "$sealring" recovery check --cid "$cid" --key "$run/h/stranger" "$bundle"
check "nor has one with an RSA key" reason recovery-holder "$sealring" recovery check --cid "$cid" --key "$run/h/rsa-2048" "$bundle"
check "the other RSA form is read as well" eval '(umask 077; openssl rsa -in "$run/h/fay" -traditional -out "$run/h/fay.pkcs1") 2>/dev/null &&
    "$sealring" recovery check --cid "$cid" --key "$run/h/fay.pkcs1" "$bundle"'
check "an encrypted key goes through OpenSSL" eval 'openssl pkey -in "$run/h/fay" -aes256 -passout pass:word -out "$run/h/fay.locked" &&
    reason recovery-holder "$sealring" recovery check --cid "$cid" --key - "$bundle" <"$run/h/fay.locked" &&
    openssl pkey -in "$run/h/fay.locked" -passin pass:word | "$sealring" recovery check --cid "$cid" --key - "$bundle"'

# The token: it decrypts one thing and knows nothing of networks.
check "what dora's token has to decrypt" "$sealring" recovery blob --cid "$cid" --holder "$run/h/dora.pub" --out "$run/h/blob" "$bundle"
check "is 256 bytes" [ "$(stat -c %s "$run/h/blob")" = 256 ]
check "the token decrypts it" eval 'token rsadecrypt -c dora.key -s oaep -o seed blob && chmod 600 "$run/h/seed"'
check "that opens dora's share" eval '"$sealring" recovery check --json --cid "$cid" --seed "$run/h/seed" "$bundle" | jq -e ".holder == 3"'
check "from standard input as well" eval '"$sealring" recovery check --cid "$cid" --seed - "$bundle" <"$run/h/seed"'
check "another seed opens none" eval 'head -c 32 /dev/urandom | reason seal-open "$sealring" recovery check --cid "$cid" --seed - "$bundle"'
check "nor half a one" eval 'head -c 31 "$run/h/seed" | reason recovery-holder "$sealring" recovery check --cid "$cid" --seed - "$bundle"'
check "a seed that others can read is refused" eval 'cp "$run/h/seed" "$run/h/open" && chmod 644 "$run/h/open" &&
    reason config "$sealring" recovery check --cid "$cid" --seed "$run/h/open" "$bundle"'
check "key and seed are not one too many" exits 2 "$sealring" recovery check --cid "$cid" --seed "$run/h/seed" --key "$run/h/fay" "$bundle"
check "and one of them is needed" exits 2 "$sealring" recovery check --cid "$cid" "$bundle"
check "an X25519 holder has nothing for a token" reason recovery-holder "$sealring" recovery blob --cid "$cid" --holder "$run/h/ben.pub" --out - "$bundle"
check "nor has a stranger" reason recovery-holder "$sealring" recovery blob --cid "$cid" --holder "$run/h/rsa-2048.pub" --out - "$bundle"

# OpenSSL and another implementation of the specification, without our programs.
package() { python3 tests/e2e/recovery_package.py "$bundle" "$@"; }
oaep() { openssl pkeyutl -decrypt -inkey "$run/h/$1" -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256; }
for who in cleo:4 fay:5; do
    check "OpenSSL decrypts ${who%:*}'s seed" eval 'package ${who#*:} - | oaep ${who%:*} >"$run/h/seed.${who%:*}"'
    check "and another implementation opens the share" package ${who#*:} "$run/h/seed.${who%:*}"
done
check "and dora's, by what the token said" package 3 "$run/h/seed"
check "and takes the same for the token" eval 'package 3 - | cmp - "$run/h/blob"'
check "not cleo's share by fay's seed" exits 1 package 4 "$run/h/seed.fay"

# The set is at the end of the bundle; the last byte is of the sealed master, and the one before the last package of a share.
flip() { # OFFSET FROM THE END
    cp "$bundle" "$run/bundle"
    local at=$(($(stat -c %s "$bundle") - $1)) byte
    byte=$(od -An -tu1 -j $at -N 1 "$bundle")
    printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$run/bundle" bs=1 seek=$at conv=notrunc 2>/dev/null
}
for at in 1 100 300 440 700 1500; do
    flip $at
    check "a set changed $at bytes from its end is not what the evidence says" exits 1 \
        "$sealring" recovery check --cid "$cid" --key "$run/h/anna" "$run/bundle"
done
finish
