#!/bin/bash
# keygen.sh - keys that sealring makes are those OpenSSL reads; modes and refusals.
set -u
sealring=$1/sealring dir=$(mktemp -d) passed=0 failed=0
trap 'rm -rf "$dir"' EXIT
check() { if "${@:2}"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $1"; fi; }
exits() { local want=$1; shift; "$@" >/dev/null 2>&1; [ $? -eq "$want" ]; }

public=$("$sealring" keygen "$dir/a")
check "prints 64 hex digits" grep -qE '^[0-9a-f]{64}$' <<<"$public"
check "openssl derives the same public key from the private file" \
    [ "$(openssl pkey -in "$dir/a" -pubout -outform DER | tail -c 32 | od -An -v -tx1 | tr -d ' \n')" = "$public" ]
check "openssl writes the same public file" cmp -s <(openssl pkey -in "$dir/a" -pubout) "$dir/a.pub"
check "the private file is its owner's alone" [ "$(stat -c %a "$dir/a")" = 600 ]
check "the public file is readable" [ "$(stat -c %a "$dir/a.pub")" = 644 ]
check "no file is overwritten" exits 1 "$sealring" keygen "$dir/a"
check "and it is still the same key" cmp -s <(openssl pkey -in "$dir/a" -pubout) "$dir/a.pub"
check "a missing name is a usage error" exits 2 "$sealring" keygen
check "an unknown option is a usage error" exits 2 "$sealring" keygen --nope "$dir/b"
check "help is asked for and given" exits 0 "$sealring" keygen --help
check "json answers in json" [ "$("$sealring" keygen --json "$dir/c" | jq -r .public | wc -c)" = 65 ]
check "private keys are 0600 whatever the umask" \
    bash -c 'umask 0; "$1" keygen "$2" >/dev/null; [ "$(stat -c %a "$2")" = 600 ]' - "$sealring" "$dir/d"
full() { (trap "" XFSZ; ulimit -f 0; exec "$@"); }
check "no room on the disk is an error" exits 4 full "$sealring" keygen "$dir/e"
check "and leaves no half of a key" [ ! -e "$dir/e" ]
check "so that it can be made again" exits 0 "$sealring" keygen "$dir/e"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
