#!/bin/bash
# ek_kinds.sh - enrolment from end to end with every kind of endorsement key that we know, on real software TPMs, and with
# tpm2-tools as the second implementation of the credential.
set -u
. tests/e2e/lib_tpm.sh
bin=$(realpath "$1")
tool=$bin/tests/platform_tool run=$(mktemp -d) skipped=0
. tests/e2e/lib_check.sh
tpm_init "$run/tpm"
trap 'tpm_stop_all; rm -rf "$run"' EXIT
command -v tpm2_nvwrite >/dev/null && command -v socat >/dev/null || { echo "skipped: no tpm2-tools or no socat"; exit 77; }
step() { [ "$(timeout 60 "$tool" "$@" 2>"$run/err" | tail -n 1)" = ok ] || { cat "$run/err"; return 1; }; }
enrol() { # TPM NAME: E1 to the certificate
    step request "$(tpm_tcti "$1")" "$run/$2.e1" "$(tpm_chain)" && step challenge "$(tpm_root)" "$run/$2.e1" "$run/$2.e2" &&
        step answer "$(tpm_tcti "$1")" "$run/$2.e1" "$run/$2.e2" "$run/$2.e3" && step certify "$(tpm_root)" "$run/$2.e3" "$run/$2.cert"
}
is() { # NAME TYPE NAME-ALGORITHM ATTRIBUTES: what the EK in E1 is
    python3 - "$run/$1.e1" "$2$3$4" <<'PYTHON'
import sys
b = open(sys.argv[1], "rb").read()[66:]
n, b = b[0], b[1:]
for _ in range(n):
    b = b[4 + int.from_bytes(b[:4], "big"):]
print(b[4:12].hex())
sys.exit(b[4:12].hex() != sys.argv[2])
PYTHON
}
other_credential() { # TPM NAME: tpm2_makecredential's, for the EK and AK of E1, opened by us
    (
        cd "$run" && python3 - "$2.e1" <<'PYTHON'
import hashlib, sys
b = open(sys.argv[1], "rb").read()[66:]
n, b = b[0], b[1:]
parts = []
for _ in range(n + 2):
    size = int.from_bytes(b[:4], "big")
    parts.append(b[4:4 + size])
    b = b[4 + size:]
ek, ak = parts[-2:]
open("ek.pub", "wb").write(len(ek).to_bytes(2, "big") + ek)
open("ak.name", "w").write("000b" + hashlib.sha256(ak).hexdigest())
PYTHON
        { printf '\x44'; head -c 31 /dev/zero; } >secret &&
            tpm2_makecredential -T none -u ek.pub -s secret -n "$(cat ak.name)" -o cred
    ) || return
    step unwrap "$(tpm_tcti "$1")" "$run/cred"
}
forget() { tpm2 "$1" nvundefine -C p "$2" >/dev/null 2>&1; }
# A certificate of the same manufacturer for an EK that swtpm_setup makes none for, into NV.
certify_ek() { # TPM NV-INDEX KEY-USAGE PUBLIC.pem
    (
        cd "$run" && openssl req -new -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=x -out csr 2>/dev/null &&
            printf '%s\n' 'basicConstraints=critical,CA:FALSE' "keyUsage=critical,$3" extendedKeyUsage=2.23.133.8.1 \
                'subjectAltName=critical,dirName:tpm' '[tpm]' 'a.2.23.133.2.1=id:00001014' 'b.2.23.133.2.2=swtpm' 'c.2.23.133.2.3=id:1' >ext &&
            openssl x509 -req -in csr -force_pubkey "$4" -CA tpm/ca/issuercert.pem -CAkey tpm/ca/signkey.pem -set_serial 77 \
                -days 100 -sha256 -extfile ext -outform DER -out der 2>/dev/null
    ) || { echo "no certificate"; return 1; }
    tpm2 "$1" nvdefine -C p -s "$(stat -c %s "$run/der")" -a 'ppwrite|ppread|ownerread|authread|no_da|platformcreate' "$2" >/dev/null &&
        tpm2 "$1" nvwrite -C p -i "$run/der" "$2"
}
make_ek() { # TPM TEMPLATE: its public key to ek.pem; L-2 is tpm2-tools' own, the high range's are from nothing but the policy
    (
        cd "$run" && echo $policy_b | python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))' >policy
        case $2 in
        L2) tpm2 "$1" createek -c ek.ctx -G ecc -u ek.pem -f pem ;;
        *) tpm2 "$1" createprimary -C e -g sha256 -G "$2" -a "$high" -L policy -c ek.ctx &&
            tpm2 "$1" readpublic -c ek.ctx -f pem -o ek.pem ;;
        esac && tpm2 "$1" flushcontext -t
    ) >"$run/make.log" 2>&1 || { cat "$run/make.log"; return 1; }
}
high='fixedtpm|fixedparent|sensitivedataorigin|adminwithpolicy|restricted|decrypt|userwithauth'
policy_b=ca3d0a99a2b93906f7a3342414efcfb3a385d44cd1fd459089d19b5071c0b7a0

tpm_new a && tpm_start a || { echo "0 passed, 1 failed"; exit 1; }
check "L-1, RSA-2048, enrols" enrol a L1
check "and is what E1 shows" is L1 0001 000b 000300b2
check "another implementation's credential for it is opened" other_credential a L1
forget a 0x01c00002
check "H-3, P-384, enrols" enrol a H3
check "and is what E1 shows" is H3 0023 000c 000300f2
check "another implementation's credential for it is opened" other_credential a H3
forget a 0x01c00016
check "a TPM without EK certificate is told so" [ "$(timeout 20 "$tool" request "$(tpm_tcti a)" "$run/x" "$(tpm_chain)" 2>/dev/null)" = ek-chain ]
by_hand() { # NAME TEMPLATE NV-INDEX USAGE TYPE-AND-ATTRIBUTES
    check "$1: an EK is made" make_ek a "$2"
    check "$1: and certified" certify_ek a "$3" "$4" ek.pem
    check "$1 enrols" enrol a "$1"
    check "$1 is what E1 shows" is "$1" $5
    check "$1: another implementation's credential for it is opened" other_credential a "$1"
    forget a "$3"
}
by_hand L2 L2 0x01c0000a keyAgreement '0023 000b 000300b2'
by_hand H1 rsa2048:aes128cfb 0x01c00012 keyEncipherment '0001 000b 000300f2'
by_hand H2 ecc256:aes128cfb 0x01c00014 keyAgreement '0023 000b 000300f2'
check "a credential for one EK is not opened by another of the same TPM" \
    [ "$(certify_ek a 0x01c00014 keyAgreement ek.pem && "$tool" answer "$(tpm_tcti a)" "$run/L1.e1" "$run/L1.e2" "$run/x" 2>/dev/null)" = activation ]

# RSA-3072, where this swtpm makes such keys
mkdir -p "$run/tpm/b"
if TMPDIR=$run/tpm/b swtpm_setup --tpm2 --tpmstate "$run/tpm/b" --config "$run/tpm/ca/setup.conf" --create-ek-cert --pcr-banks sha256 \
    --rsa-keysize 3072 --overwrite >"$run/tpm/b/setup.log" 2>&1 && tpm_start b; then
    forget b 0x01c00016
    check "H-6, RSA-3072, enrols" enrol b H6
    check "and is what E1 shows" is H6 0001 000c 000300f2
    check "another implementation's credential for it is opened" other_credential b H6
else
    echo "SKIPPED: swtpm makes no RSA-3072 EK"
    skipped=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
