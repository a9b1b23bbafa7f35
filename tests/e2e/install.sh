#!/bin/bash
# install.sh - what `cmake --install` puts where, that its units are sound, and that a workload builds against the
# installed libsealring and fetches a key with it from installed programs. BUILD is the first argument.
set -u
build=$(cd "$1" && pwd) run=$(mktemp -d)
. tests/e2e/lib_tpm.sh
. tests/network.sh
. tests/e2e/lib_check.sh
trap 'network_stop; rm -rf "$run"' EXIT
tree=$run/tree skipped=0

check "it installs into a folder" env DESTDIR="$tree" cmake --install "$build" --prefix /usr
lib=$(dirname "$(find "$tree" -name libsealring.so)")
for file in usr/bin/sealring usr/bin/sealring-launch usr/sbin/sealringd usr/sbin/sealring-node usr/sbin/sealring-bootstrap \
    usr/libexec/sealring/start usr/lib/systemd/system/sealring-node.service usr/lib/systemd/system/sealring-bootstrap.service \
    usr/lib/sysusers.d/sealring.conf usr/include/sealring.h usr/share/man/man1/sealring.1 usr/share/man/man8/sealring-node.8 \
    usr/share/man/man5/sealring.conf.5; do
    check "/$file" test -s "$tree/$file"
done
check "both names of the daemon are links to it" test "$(readlink "$tree/usr/sbin/sealring-node") $(readlink "$tree/usr/sbin/sealring-bootstrap")" = "sealringd sealringd"
executable=$(find "$tree" -type f -perm /111 ! -name '*.so*' -printf '/%P ' | tr ' ' '\n' | sort | xargs)
check "what may be executed is this list, and nothing beside it" test "$executable" = \
    "/usr/bin/sealring /usr/bin/sealring-launch /usr/libexec/sealring/start /usr/sbin/sealringd"
check "nothing insecure is installed" test -z "$(find "$tree" -name '*insecure*')"
check "nothing is installed for others to write" test -z "$(find "$tree" -type f -perm /022)"
while read -r program; do
    check "the units run what is installed: $program" test -x "$tree$program"
done < <(sed -n 's/^ExecStart=//p' "$tree"/usr/lib/systemd/system/*.service | tr ' ' '\n' | sort -u; echo /usr/bin/sealring-launch)

# Units. They are verified where they name programs that are there: in a root of their own.
if command -v systemd-analyze >/dev/null; then
    sed "s|/usr/libexec/|$tree/usr/libexec/|" "$tree/usr/lib/systemd/system/sealring-node.service" >"$run/sealring-node.service"
    sed "s|/usr/libexec/|$tree/usr/libexec/|" "$tree/usr/lib/systemd/system/sealring-bootstrap.service" >"$run/sealring-bootstrap.service"
    quiet() { # verify exits 0 on what it only warns about
        systemd-analyze verify --man=no "$1" >"$run/verify" 2>&1
        ! grep "$(basename "$1")" "$run/verify"
    }
    for unit in sealring-node sealring-bootstrap; do
        check "$unit.service: systemd finds nothing wrong" quiet "$run/$unit.service"
        check "$unit.service: little is left exposed" systemd-analyze security --offline=yes --threshold=30 "$run/$unit.service"
    done
    sed 's/^Restart=/Restrat=/' "$run/sealring-node.service" >"$run/mistyped.service"
    check "a mistyped unit would be noticed" exits 1 quiet "$run/mistyped.service"
else
    echo "SKIPPED: no systemd-analyze, units are not verified"
    skipped=$((skipped + 1))
fi

# The library
exported=$(nm -D --defined-only "$lib/libsealring.so" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' | sort | tr '\n' ' ')
declared=$(grep -oE 'sealring_[a-z_]+\(' "$tree/usr/include/sealring.h" | tr -d '(' | sort -u |
    while read -r name; do grep -qE "SEALRING_API.*[ *]$name\(" "$tree/usr/include/sealring.h" && echo "$name"; done | tr '\n' ' ')
check "the library exports what its header declares, and nothing else" test "$exported" = "$declared"
check "its soname is libsealring.so.0" bash -c 'readelf -d "$0" | grep -q "SONAME.*\[libsealring.so.0\]"' "$lib/libsealring.so"
check "its header is enough by itself, in C" bash -c 'echo "#include <sealring.h>" | cc -std=c99 -Wall -Werror -fsyntax-only -I"$0" -x c -' "$tree/usr/include"
# shellcheck disable=SC2046 # words
check "the example builds with pkg-config's words" cc -Wall -Werror -o "$run/fetch" examples/fetch.c \
    $(PKG_CONFIG_PATH=$lib/pkgconfig pkg-config --cflags --libs sealring) -Wl,-rpath,"$lib" # the launcher passes no LD_LIBRARY_PATH

# A network of installed programs, and the example in it
ldd "$build/sealringd" | grep -q libasan && { echo "$passed passed, $failed failed, 1 skipped"; exit $((failed > 0)); }
# The programs of the two folders, side by side as network.sh wants them
mkdir "$run/bin" && cp -P "$tree"/usr/bin/* "$tree"/usr/sbin/* "$run/bin/"
network_new "$run/net" "$run/bin" && network_machines one workload && network_operator || exit 1
code=$("$run/bin/sealring" measure --json "$run/fetch" | jq -r .code)
jq -cS --arg code "$code" '.release[0].where[0].value = $code' "$run/net/operator/policy.json" >"$run/policy" &&
    cp "$run/policy" "$run/net/operator/policy.json"
"$run/bin/sealring" genesis prepare --operator "$run/net/operator/operator.key.pub" --k 1 --ak-ca "$run/net/operator/ak-ca.key.pub" \
    --ak-ca-k 1 --tpm-root "$(tpm_root)" --policy "$run/policy" --out "$run/genesis.json" >/dev/null &&
    mv "$run/genesis.json" "$run/net/operator/genesis.json"
check "genesis with the installed programs" network_genesis one
example() { # PROGRAM WANT CID
    "$run/bin/sealring-launch" --tcti "$(net_tcti workload)" --event-log "$run/net/workload/event-log" \
        -- "$1" "$(net_url one)" "$3" "$2" "$(net_tcti workload)" "$run/net/workload/event-log" "$(tpm_chain)"
}
says() { # STATUS TEXT, then example's
    local want=$1 text=$2 got
    shift 2
    example "$@" >"$run/said" 2>&1
    got=$?
    cat "$run/said"
    [ $got -eq "$want" ] && grep -q "$text" "$run/said"
}
check "the example, measured, fetches a derived key" says 0 '^32 bytes, version 1$' "$run/fetch" 'demo:app/disk#raw:32' "$(network_cid)"
check "a path that the policy does not give it is refused" says 1 '^key-denied: ' "$run/fetch" 'demo:other/x#raw:32' "$(network_cid)"

check "a want that is none is a usage error" says 2 ': ' "$run/fetch" 'demo' "$(network_cid)"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
