#!/bin/bash
# tsm_platform.sh - evidence and sealing on SEV-SNP and TDX, over a stand-in of the kernel's report interface: what it
# gives, and every way in which it fails.
set -u
. tests/e2e/lib_tsm.sh
. tests/e2e/lib_tpm.sh
bin=$(realpath "$1")
tool=$bin/tests/tsm_tool
run=$(mktemp -d)
. tests/e2e/lib_check.sh
trap 'tsm_stop "$run/tsm"; tpm_stop_all; rm -rf "$run"' EXIT
tsm_init "$run/tsm" "$bin" snp:one snp:two tdx:three
tpm_init "$run/tpm"
rd=$(printf 'a5%.0s' $(seq 64))

says() { # LAST-LINE COMMAND...
    local want=$1 got
    shift
    got=$("$@" 2>"$run/err" | tail -n 1)
    [ "$got" = "$want" ] || { echo "said '$got', not '$want': $(cat "$run/err")"; return 1; }
}
quote() { "$tool" quote "$1" "$(tsm_report "$2")" $rd "$run/evidence" "${3:-4000}"; }
opens() { "$tool" open "$1" "$2" "${3:-auto}" "${4:-unix:$run/nothing}"; }
verifies() { # TYPE
    openssl x509 -inform der -in "$run/tsm/c/good/$1-0" -out "$run/$1.pem" &&
        "$bin/sealring" verify-evidence --json --type "$1" --collateral "$run/tsm/c/good" --report-data $rd \
            --vendor-root "$run/$1.pem" "$run/evidence" >"$run/verdict" &&
        [ "$(jq -r .verdict "$run/verdict")" = accept ]
}
size() { stat -c %s "$run/evidence"; }
reset() { tsm_set "$1" "$2" 0; }

# Which platform
check "SNP is found" says "snp sealed by snp" eval 'opens auto "$(tsm_report one)" | head -n 1'
check "TDX is found, and has nothing to seal with" says "tdx sealed by none" eval 'opens auto "$(tsm_report three)" | head -n 1'
check "without the interface it is a TPM, which is not there" says tpm opens auto "$run/nothing"
tsm_set one no-provider 1
check "so it is with an interface that nobody serves" says tpm opens auto "$(tsm_report one)"
check "which is no SNP machine when asked for by name" says tsm opens snp "$(tsm_report one)"
reset one no-provider
tsm_set one unknown-provider 1
check "and with one that serves another kind" says tpm opens auto "$(tsm_report one)"
reset one unknown-provider
tsm_set one errno-mkdir 13 && tsm_set one fail-mkdir 1000
check "an interface that fails is not passed over for a TPM" says tsm opens auto "$(tsm_report one)"
reset one fail-mkdir
check "TDX is not SNP" says tsm opens snp "$(tsm_report three)"
check "a platform of no name" says config opens nothing "$(tsm_report one)"

# What it gives
check "SNP evidence" says ok quote snp one
check "verifies, with the certificates that came along" verifies snp
check "of an extended report" [ "$(size)" -gt 1184 ]
check "TDX evidence" says ok quote tdx three
check "verifies" verifies tdx
for m in one:snp three:tdx; do
    quote auto ${m%:*} >/dev/null && verifies ${m#*:}
    "$tool" claims auto "$(tsm_report ${m%:*})" | grep -v '^ok$' | grep -v '^report_data' | sort >"$run/self"
    jq -r '.claims | to_entries[] | "\(.key) \(if .value == true then 1 elif .value == false then 0 else .value end)"' "$run/verdict" | sort >"$run/claims"
    check "${m#*:}: what the machine says of itself is what a verifier finds" [ -z "$(comm -23 "$run/self" "$run/claims")" ]
    check "and it is much of it" [ "$(wc -l <"$run/self")" -gt 25 ]
done
tsm_set three padding 8000
check "a padded quote" says ok quote tdx three
check "is handed on without its padding" [ "$(size)" -lt 8000 ]
check "and verifies" verifies tdx
reset three padding
tsm_set one no-aux 1
check "no certificate table" says ok quote snp one
check "is a report alone" [ "$(size)" = 1184 ]
check "which collateral can verify" verifies snp
reset one no-aux
tsm_set one bad-aux 1
check "a table that is none is left out" eval 'says ok quote snp one && [ "$(size)" = 1184 ]'
reset one bad-aux
tsm_set one floor 2
check "under an SVSM the lowest level that is allowed is asked for" says ok quote snp one
reset one floor

# What passes
for word in short:7 vanish:1 lost:2 raced:2; do
    tsm_set one ${word%:*} ${word#*:}
    check "one that is ${word%:*}" eval 'says ok quote snp one && verifies snp'
    reset one ${word%:*}
done
for cause in 16 11 4 110; do # EBUSY EAGAIN EINTR ETIMEDOUT
    tsm_set three errno-report $cause && tsm_set three fail-report 3
    check "error $cause passes" eval 'says ok quote tdx three && verifies tdx'
done
tsm_set one errno-mkdir 17 && tsm_set one fail-mkdir 2
check "a name that is taken is another one's" says ok quote snp one
tsm_set one raced 1 && before=$(tsm_count one made) && quote snp one >/dev/null
check "after a race all is asked anew" [ $(($(tsm_count one made) - before)) = 3 ]

# What does not
tsm_set one raced 1000
check "somebody who always writes to our entry" says tsm quote snp one
reset one raced
tsm_set three errno-report 16 && tsm_set three fail-report 1000
check "always busy, to an end" says tsm quote tdx three 1000
for cause in 5 22 28; do # EIO EINVAL ENOSPC
    tsm_set three errno-report $cause && tsm_set three fail-report 1000 && before=$(tsm_count three made)
    check "error $cause" says tsm quote tdx three
    check "is asked for once" [ $(($(tsm_count three made) - before)) = 1 ]
done
reset three fail-report
for word in other-data big; do
    tsm_set one $word 1
    check "a report that is $word" says tsm quote snp one
    reset one $word
done

# What hangs
mkfifo "$run/line"
"$tool" twice tdx "$(tsm_report three)" $rd "$run/evidence" 700 <"$run/line" >"$run/twice" 2>&1 &
exec 9>"$run/line"
line() { within 10 eval "[ \$(wc -l <$run/twice) -ge $1 ]"; }
line 1
tsm_set three hang 1
echo >&9 && line 3 && echo >&9 && line 4
check "a report that does not come is given up in time" \
    eval 'read -r what _ ms < <(sed -n 2p "$run/twice"); [ "$what" = tsm ] && [ "$ms" -ge 700 ] && [ "$ms" -lt 2000 ]'
check "and until it comes no other is waited for" \
    eval 'read -r what _ ms < <(sed -n 4p "$run/twice"); [ "$what" = tsm ] && [ "$ms" -lt 200 ]'
reset three hang
within 5 eval '[ $(tsm_count three made) = $(tsm_count three removed) ]'
echo >&9
exec 9>&-
wait %2 2>/dev/null
check "then it works again" [ "$(tail -n 1 "$run/twice")" = ok ]
check "and verifies" verifies tdx

# Sealing with the firmware
seal() { tsm_in "$1" "$tool" seal snp "$(tsm_report "$1")" auto "" "$run/sealed"; }
unseal() { tsm_in "$1" "$tool" unseal snp "$(tsm_report "$1")" auto "" "$run/sealed"; }
tsm_set one svn 2 && tsm_set one committed 2
check "SNP seals" says ok seal one
check "and unseals" says ok unseal one
check "on this chip alone" says unseal unseal two
for word in measurement:9 debug:1 svn:1 committed:1; do
    before=$([ ${word%:*} = svn ] || [ ${word%:*} = committed ] && echo 2 || echo 0)
    tsm_set one ${word%:*} ${word#*:}
    check "not with another ${word%:*}" says unseal unseal one
    tsm_set one ${word%:*} $before
done
for word in svn:3 committed:5; do
    tsm_set one ${word%:*} ${word#*:}
    check "but with a higher ${word%:*}" says ok unseal one
done
tsm_set one errno-key 5
check "a device that fails" says tsm unseal one
reset one errno-key
tsm_set one status-key 39
check "a firmware that refuses" says tsm unseal one
reset one status-key
check "a device that is not there" says tsm "$tool" unseal snp "$(tsm_report one)" auto "" "$run/sealed"
tsm_set one hang 1
check "one that hangs, as the interface does with it" says tsm timeout 20 bash -c '
    . tests/e2e/lib_tsm.sh; tsm_dir=$1; tsm_in one "$2" unseal snp "$1/m/one/report" auto "" "$3"' - "$run/tsm" "$tool" "$run/sealed"
reset one hang
check "what ended in the middle of it left its entry" [ "$(ls "$(tsm_report one)" | wc -l)" = 1 ]
check "the next one starts well" says ok unseal one
check "and removed it" [ -z "$(ls "$(tsm_report one)")" ]

# Sealing with something else
tpm_new t >/dev/null && tpm_start t
check "a TPM may seal for TDX" says "tdx sealed by tpm" eval 'opens tdx "$(tsm_report three)" tpm "$(tpm_tcti t)" | head -n 1'
check "it seals" says ok "$tool" seal tdx "$(tsm_report three)" tpm "$(tpm_tcti t)" "$run/sealed"
check "and unseals" says ok "$tool" unseal tdx "$(tsm_report three)" tpm "$(tpm_tcti t)" "$run/sealed"
check "SNP does not open what a TPM sealed" says unseal unseal one
check "TDX seals nothing by itself" says config opens tdx "$(tsm_report three)" tdx
check "and SNP not for it" says config opens tdx "$(tsm_report three)" snp
check "nothing seals when told so" says config "$tool" seal snp "$(tsm_report one)" none "" "$run/x"

within 5 eval '[ $(tsm_count one made) = $(tsm_count one removed) ]'
for m in one two three; do
    check "$m: every entry is gone again" eval '[ "$(tsm_count $m made)" = "$(tsm_count $m removed)" ] && [ -z "$(ls "$(tsm_report $m)")" ]'
done
finish
