#!/bin/bash
# platform.sh - the launcher, quotes, sealing and enrolment on real software TPMs, and tpm2-tools as the second
# implementation of each.
set -u
. tests/e2e/lib_tpm.sh
bin=$(realpath "$1")
tool=$bin/tests/platform_tool other=$bin/tests/platform_tool_other
dir=$(mktemp -d) passed=0 failed=0 skipped=0
tpm_init "$dir"
trap 'kill $(jobs -p) 2>/dev/null; tpm_stop_all; rm -rf "$dir"' EXIT
check() { if "${@:2}"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $1"; fi; }
says() { # the last line of what a step prints
    local want=$1 got
    shift
    got=$("$@" 2>"$dir/err" | tail -n 1)
    [ "$got" = "$want" ] || { echo "  said '$got', not '$want': $(cat "$dir/err")"; return 1; }
}
exits() { local want=$1 got; shift; "$@" >"$dir/out" 2>&1; got=$?
    [ $got -eq "$want" ] || { echo "  exit $got, not $want: $(cat "$dir/out")"; return 1; }; }
launch() { "$bin/sealring-launch" --tcti "$(tpm_tcti a)" --event-log "$dir/log" "$@"; }
pcr14() { tpm2 "$1" pcrread sha256:14 | grep -o '0x.*'; }
enrol() { # TPM NAME, prefix of files: E1 to the certificate
    "$tool" request "$(tpm_tcti "$1")" "$dir/$2.e1" "$(tpm_chain)" &&
        "$tool" challenge "$(tpm_root)" "$dir/$2.e1" "$dir/$2.e2" &&
        "$tool" answer "$(tpm_tcti "$1")" "$dir/$2.e1" "$dir/$2.e2" "$dir/$2.e3" &&
        "$tool" certify "$(tpm_root)" "$dir/$2.e3" "$dir/$2.cert"
}

tpm_new a && tpm_new b && tpm_start a && tpm_start b || { echo "0 passed, 1 failed"; exit 1; }
t=$(tpm_tcti a)

# Enrolment
check "a TPM with a genuine EK gets an AK certificate" says ok enrol a a
check "and so does another" says ok enrol b b
check "a credential for another TPM's AK is refused by the TPM" \
    says activation "$tool" answer "$t" "$dir/a.e1" "$dir/b.e2" "$dir/x"
{ "$tool" mix "$dir/a.e1" "$dir/b.e1" "$dir/mixed.e1" && "$tool" challenge "$(tpm_root)" "$dir/mixed.e1" "$dir/mixed.e2"; } >/dev/null
check "a credential for this TPM and another one's AK is refused by the TPM" \
    says activation "$tool" answer "$t" "$dir/mixed.e1" "$dir/mixed.e2" "$dir/x"
check "an endorsement root that is not pinned is refused" says certificate-anchor \
    "$tool" challenge "$(printf '0%.0s' $(seq 64))" "$dir/a.e1" "$dir/x"

# Launcher
check "the launcher's help exits 0" exits 0 "$bin/sealring-launch" --help
check "wrong usage exits 64" exits 64 "$bin/sealring-launch" --nope
check "a program that is not there exits 66" exits 66 launch -- "$dir/nothing"
check "no TPM exits 69" exits 69 "$bin/sealring-launch" --tcti "unix:$dir/nothing" --event-log "$dir/log" -- "$tool" nonce
check "a launched program seals" says ok launch -- "$tool" seal "$t" "$dir/log" "$dir/sealed"
check "and unseals" says ok "$tool" unseal "$t" "$dir/log" "$dir/sealed"
once=$(pcr14 a)
check "launched again, it unseals" says ok launch -- "$tool" unseal "$t" "$dir/log" "$dir/sealed"
check "and nothing was extended again" [ "$(pcr14 a)" = "$once" ]
check "the PCR is what hashing the event says" [ "$once" = "0x$(python3 tests/e2e/pcr14.py "$tool" | tr a-f A-F)" ]
check "another machine does not unseal" says unseal "$tool" unseal "$(tpm_tcti b)" "" "$dir/sealed"

# Quotes
check "it quotes" says ok "$tool" quote "$t" "$dir/log" "$dir/a.cert" "$dir/evidence"
check "the evidence verifies" says ok "$tool" verify "$dir/evidence"
"$tool" verify "$dir/evidence" >"$dir/claims"
check "code is the program's SHA-256" grep -qx "code $(sha256sum <"$tool" | cut -d' ' -f1)" "$dir/claims"
check "no measured boot is said to be none" grep -qx 'boot none' "$dir/claims"
check "the node says of itself what the verifier says" \
    [ "$("$tool" claims "$t" "$dir/log" | grep -E '^(code|measurement|pcr|ak)' | sort)" = "$(grep -E '^(code|measurement|pcr|ak)' "$dir/claims" | sort)" ]
check "with another TPM's AK certificate it does not verify" \
    says ok "$tool" quote "$t" "$dir/log" "$dir/b.cert" "$dir/swapped"
check "because another key quoted" says quote-signature "$tool" verify "$dir/swapped"

# The other lines to a TPM, each before the same one
line() { # KIND: claims over it are those over the socket
    local pid line
    python3 tests/e2e/tpm_between.py "$dir/line" "$(tpm_tcti a | cut -d: -f2)" "--$1" 2>"$dir/line.err" &
    pid=$!
    for _ in $(seq 100); do [ -e "$dir/line" ] && break; sleep 0.05; done
    [ "$1" = pty ] && line=device:$dir/line || line=swtpm:host=127.0.0.1,port=$(cat "$dir/line")
    timeout 30 "$tool" claims "$line" "$dir/log" | sort >"$dir/line.claims"
    kill $pid
    wait $pid 2>/dev/null
    rm -f "$dir/line"
    "$tool" claims "$t" "$dir/log" | sort | diff - "$dir/line.claims"
}
check "a character device is a line to a TPM" line pty
check "so is TCP" line tcp

# tpm2-tools: our credential opened by them, theirs by us, their quote judged by our parsers
if command -v tpm2_quote >/dev/null && command -v socat >/dev/null; then
    (
        cd "$dir" || exit 1
        tpm2 a createprimary -C e -G ecc256:ecdsa-sha256:null -c ak.ctx \
            -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|sign' &&
            tpm2 a readpublic -c ak.ctx -f tpmt -o ak.tpmt -n ak.name && tpm2 a flushcontext -t
        tpm2 a pcrread -o pcrs.bin sha256:0,1,2,3,4,5,6,7,8,9,11,12,14 && tpm2 a flushcontext -t
        tpm2 a quote -c ak.ctx -l sha256:0,1,2,3,4,5,6,7,8,9,11,12,14 -q "$("$tool" nonce | head -1)" \
            -m quote.msg -s quote.sig -f tss
        tpm2 a flushcontext -t
        head -c 32 <(printf '\x44'; head -c 31 /dev/zero) >secret
        tpm2 a createek -c ek.ctx -G rsa -u ek.pub && tpm2 a flushcontext -t
        tpm2 a makecredential -u ek.pub -s secret -n "$(od -An -v -tx1 ak.name | tr -d ' \n')" -o cred -T none
    ) >"$dir/tools.log" 2>&1
    check "tpm2-tools make the same AK" cmp -s "$dir/ak.tpmt" <(python3 -c "
import sys; b=open('$dir/a.cert','rb').read(); n=int.from_bytes(b[42:46],'big'); sys.stdout.buffer.write(b[46:46+n])")
    check "a quote of tpm2_quote is taken by our verifier" \
        says ok "$tool" pack "$dir/quote.msg" "$dir/quote.sig" "$dir/log" "$dir/pcrs.bin" "$dir/a.cert" "$dir/theirs"
    check "and verifies" says ok "$tool" verify "$dir/theirs"
    check "a credential of tpm2_makecredential is activated by us" says ok "$tool" unwrap "$t" "$dir/cred"
    check "our credential is written for them" says ok "$tool" wrap "$dir/a.e1" "$dir/ours"
    (
        cd "$dir" || exit 1
        tpm2 a startauthsession --policy-session -S s.ctx && tpm2 a policysecret -S s.ctx -c e &&
            tpm2 a activatecredential -c ak.ctx -C ek.ctx -i ours -o opened -P session:s.ctx
        tpm2 a flushcontext s.ctx
        tpm2 a flushcontext -t
    ) >"$dir/activate.log" 2>&1
    check "and tpm2_activatecredential opens it" cmp -s "$dir/opened" "$dir/secret"
else
    echo "SKIPPED: no tpm2-tools or no socat"
    skipped=$((skipped + 1))
fi

# Another program, then power cycles
check "another program, launched, measures itself too" \
    says unseal launch -- "$other" unseal "$t" "" "$dir/sealed"
check "after it the first one does not unseal either" says unseal launch -- "$tool" unseal "$t" "" "$dir/sealed"
check "and makes no evidence" says event-log "$tool" quote "$t" "$dir/log" "$dir/a.cert" "$dir/x"
tpm_stop a && tpm_start a
check "after a power cycle the launched program unseals" says ok launch -- "$tool" unseal "$t" "$dir/log" "$dir/sealed"
check "and quotes under the certificate it had" says ok "$tool" quote "$t" "$dir/log" "$dir/a.cert" "$dir/evidence2"
check "and verifies" says ok "$tool" verify "$dir/evidence2"
tpm_stop a && tpm_start a
check "another program alone does not unseal" says unseal launch -- "$other" unseal "$t" "$dir/log" "$dir/sealed"
tpm_stop a && tpm_start a
check "a configuration is measured with the program" \
    says ok launch --config-digest "$(printf 'ab%.0s' $(seq 32))" --with /bin/true -- "$tool" claims "$t" "$dir/log"
check "and stands in the claims" grep -q "^config abab" <(launch --config-digest "$(printf 'ab%.0s' $(seq 32))" \
    --with /bin/true -- "$tool" claims "$t" "$dir/log")
mv "$dir/log" "$dir/log.kept"
check "without its log, an extended PCR stops the launcher" exits 65 launch -- "$tool" nonce
head -c 20 "$dir/log.kept" >"$dir/log"
check "so does a torn log" exits 65 launch -- "$tool" nonce
tpm_stop a && tpm_start a
rm -f "$dir/log"
ln -s /etc/passwd "$dir/log"
check "a symbolic link is no event log" exits 65 launch -- "$tool" nonce
rm -f "$dir/log"

# Killed launches leave nothing behind
for i in 1 2 3 4 5 6; do
    "$tool" quote "$t" "$dir/log" "$dir/a.cert" "$dir/x" >/dev/null 2>&1 &
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
done
check "a TPM whose clients were killed still works" says ok launch -- "$tool" quote "$t" "$dir/log" "$dir/a.cert" "$dir/x"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
