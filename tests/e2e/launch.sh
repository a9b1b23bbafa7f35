#!/bin/bash
# launch.sh - what a launched program inherits, that it is what was measured, and that neither launcher nor programs
# are steered by the environment.
set -u
. tests/e2e/lib_tpm.sh
. tests/network.sh
bin=$(realpath "$1")
run=$(mktemp -d)
. tests/e2e/lib_check.sh
pids=
trap 'kill $pids 2>/dev/null; network_stop; rm -rf "$run"' EXIT
# Sanitizers speak to a tracer and read options of their own: the checks on loading hold without them.
ldd "$bin/sealring" | grep -q lib.san && { echo "0 passed, 0 failed, 1 skipped"; exit 77; }
network_new "$run/net" "$bin" && network_machines a && network_operator || { echo "0 passed, 1 failed"; exit 1; }
t=$(tpm_tcti a) log=$run/log
launch() { timeout 60 "$bin/sealring-launch" --tcti "$t" --event-log "$log" "$@"; }
pcr14() { tpm2 a pcrread sha256:14 | grep -o '0x.*'; }
python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))') # never a wrapper script
self() { launch "$@" -- "$python" -I -c "$code"; }

# The environment
hostile=(LD_BIND_NOW= OPENSSL_CONF=/tmp/x OPENSSL_MODULES=/tmp SSL_CERT_FILE=/tmp/x SSLKEYLOGFILE=/tmp/x TSS2_LOG=all+trace
    TSS2_LOGFILE=/tmp/x MALLOC_PERTURB_=1 SQLITE_TMPDIR=/tmp CURL_CA_BUNDLE=/tmp/x https_proxy=http://x TPM2TOOLS_TCTI=x HOME=/root)
code='import os; print("\n".join(sorted(k + "=" + v for k, v in os.environ.items() if k != "LC_CTYPE")))'
seen() { self "$@" | diff "$run/want" -; }
printf '%s\n' LANG=C NOTIFY_SOCKET=/x 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' SEALRING_CID=y \
    TSS2_LOG=all+none >"$run/want"
inherits() { env -i "${hostile[@]:1}" LANG=C NOTIFY_SOCKET=/x SEALRING_CID=y PATH=/tmp LISTEN_FDS=1 LISTEN_PID=1 \
    "$bin/sealring-launch" --tcti "$t" --event-log "$log" -- "$python" -I -c "$code" | diff "$run/want" -; }
check "a launched program inherits the variables of the list and no other" inherits
check "--env passes one more" [ "$(A=b code='import os; print(os.environ["A"])' && export A=b code && self --env A)" = b ]
before=$(pcr14 a)
check "--env does not pass what steers a library" exits 64 launch --env LD_PRELOAD -- "$python"
check "with LD_PRELOAD in its own environment the launcher refuses" \
    exits 64 env LD_PRELOAD="$bin/tests/hostile_module.so" "$bin/sealring-launch" --tcti "$t" --event-log "$log" -- "$python"
check "and with GLIBC_TUNABLES" \
    exits 64 env GLIBC_TUNABLES=glibc.malloc.check=0 "$bin/sealring-launch" --tcti "$t" --event-log "$log" -- "$python"
rm -f "$bin/tests/hostile_module.so.loaded"

# Descriptors, signals, umask, personality
code='import os
open_now = sorted(int(f) for f in os.listdir("/proc/self/fd"))
print(*[f for f in open_now if os.path.exists("/proc/self/fd/%d" % f)])'
check "no other descriptor than 0 to 2 is passed" [ "$(self 5</dev/null 9</dev/null </dev/null)" = "0 1 2" ]
check "those of the service manager are" [ "$(code=$code bash -c 'export LISTEN_PID=$$ LISTEN_FDS=2
    exec "$0/sealring-launch" --tcti "$1" --event-log "$2" -- "$3" -I -c "$code"' "$bin" "$t" "$log" "$python" \
    3</dev/null 4</dev/null 9</dev/null </dev/null)" = "0 1 2 3 4" ]
check "descriptors 0 to 2 are always there" [ "$(self <&- 2>&-)" = "0 1 2" ]
code='import re
s = open("/proc/self/status").read()
v = {k: int(re.search(k + r":\s*([0-9a-f]+)", s)[1], 8 if k == "Umask" else 16) for k in ("SigBlk", "SigIgn", "Umask")}
print(v["SigBlk"], v["SigIgn"] & ~0x1001000, oct(v["Umask"]), open("/proc/self/personality").read().strip())'
check "signals, umask and personality are set anew" [ "$(trap '' HUP USR1 TERM; umask 000; exec setarch -R \
    "$bin/sealring-launch" --tcti "$t" --event-log "$log" -- "$python" -I -c "$code")" = "0 0 0o77 00000000" ]
code='print(open("/proc/self/maps").read().count("/memfd:" + "'"$(basename "$python")"'") > 0, end=" ")
try:
    open("/proc/self/exe", "r+b").write(b"x")
except OSError as e:
    print(e.strerror)'
check "what runs is a copy that can not be written to" [ "$(self)" = "True Text file busy" -o "$(self)" = "True Operation not permitted" ]
check "all of this was one program, measured once" [ "$(pcr14 a)" = "$before" ]

# What is hashed is what runs
printf '#!/bin/sh\necho script\n' >"$run/script" && chmod 755 "$run/script"
cp /bin/true "$run/no-x" && chmod 644 "$run/no-x"
mkfifo -m 755 "$run/pipe"
check "a script is refused" exits 66 launch -- "$run/script"
check "so is a file that may not be executed" exits 66 launch -- "$run/no-x"
check "and a pipe" exits 66 launch -- "$run/pipe"
check "and a folder" exits 66 launch -- "$run"
check "none of them was measured" [ "$(pcr14 a)" = "$before" ]
swapped() { # COMMAND OPTION...: $run/prog is changed after it was hashed and before it is executed
    local out
    cp /bin/echo "$run/prog" && cp /bin/true "$run/other" && rm -f "$run/s" "$log" && tpm_stop a && tpm_start a || return
    python3 tests/e2e/tpm_between.py "$run/s" "$run/net/tpm/a/s" --first "$1" &
    local between=$!
    pids="$pids $between"
    within 5 [ -S "$run/s" ]
    out=$(timeout 20 "$bin/sealring-launch" --tcti "unix:$run/s" --event-log "$log" "${@:2}" -- "$run/prog" measured)
    kill $between
    wait $between 2>/dev/null
    cmp -s "$run/prog" /bin/true || { echo "it was not swapped"; return 1; }
    [ "$out" = measured ] && grep -q "$(sha256sum </bin/echo | cut -c1-64)" <(od -An -v -tx1 "$log" | tr -d ' \n')
}
check "renamed over while it is launched, a program runs as it was measured" swapped "mv '$run/other' '$run/prog'"
check "written over in place, too" swapped "cat '$run/other' >'$run/prog'"
check "--in-place holds against renaming" swapped "mv '$run/other' '$run/prog'" --in-place

# A hostile openssl.cnf, and a hostile TPM stack's configuration
module=$run/module.so mark=$run/module.so.loaded
cp "$bin/tests/hostile_module.so" "$module"
cat >"$run/openssl.cnf" <<EOF
openssl_conf = all
[all]
providers = providers
[providers]
hostile = hostile
[hostile]
module = $module
activate = 1
EOF
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout "$run/key" -out "$run/crt" 2>/dev/null
cat >"$run/conf" <<EOF
state-dir = $run/state
listen = 127.0.0.1:0
tls-cert = $run/crt
tls-key = $run/key
admin-socket = $run/admin
tcti = $t
event-log = $log
EOF
tpm_stop a && tpm_start a && rm -f "$log" # before what is exported: swtpm is no program of ours
export OPENSSL_CONF=$run/openssl.cnf OPENSSL_MODULES=$run TSS2_LOG=all+trace TSS2_LOGFILE=$run/tss2.log SSLKEYLOGFILE=$run/keys
openssl dgst -sha256 /dev/null >/dev/null 2>&1
check "a program that reads openssl.cnf loads what it names" rm "$mark"
digest=$("$bin/sealring-node" --print-config-digest)
node_says() { # TEXT COMMAND...: the node says so, and is stopped
    local text=$1 pid
    shift
    "$@" 2>"$run/node.log" &
    pid=$!
    pids="$pids $pid"
    within 10 grep -q "$text" "$run/node.log"
    local good=$?
    kill $pid
    wait $pid 2>/dev/null
    [ $good -eq 0 ] || { cat "$run/node.log"; return 1; }
}
check "the node runs through the launcher" node_says "no masters here" launch --config-digest "$digest" -- "$bin/sealring-node" --config "$run/conf"
check "and by itself" node_says "no masters here" "$bin/sealring-node" --config "$run/conf"
check "the client speaks to the TPM" exits 0 "$bin/sealring" enroll request --genesis "$run/net/operator/genesis.json" --tcti "$t" \
    --ek-chain "$(tpm_chain)" --out "$run/e1"
check "none of them loaded what OPENSSL_CONF names" [ ! -e "$mark" ]
check "none wrote the TPM stack's log" [ ! -e "$run/tss2.log" ]
check "none wrote TLS secrets down" [ ! -e "$run/keys" ]
finish
