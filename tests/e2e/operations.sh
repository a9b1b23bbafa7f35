#!/bin/bash
# operations.sh - what an operator does with a node: configuration, certificates, the administrator's socket, metrics,
# a second genesis, draining; what cmake --install puts where; a workload in C on libsealring.
set -u
bin=$(cd "$1" && pwd) run=$(mktemp -d)
. tests/e2e/lib_tpm.sh
. tests/network.sh
. tests/e2e/lib_check.sh
trap 'network_stop; rm -rf "$run"' EXIT
net=$run/net

network_new "$net" "$bin" && network_machines one two workload && network_operator || exit 1
node() { "$bin/sealring-node" "$@"; }

# Configuration
printf 'listen = 127.0.0.1:0\ntls-cert = a\ntls-key = b\nstate-dir = %s\n' "$run/state" >"$run/good.conf"
printf 'listne = 127.0.0.1:0\n' >"$run/unknown.conf"
printf 'threads = 4\nthreads = 5\n' >"$run/twice.conf"
printf 'threads = many\n' >"$run/kind.conf"
printf 'listen-plain = 192.0.2.1:80\n' >"$run/plain.conf"
check "a good configuration is said to be" exits 0 node --config "$run/good.conf" --check-config
for bad in unknown twice kind plain; do
    check "a configuration that is $bad is refused" bash -c '! "$0" --config "$1" --check-config' "$bin/sealring-node" "$run/$bad.conf"
done
check "the message names file and line" bash -c '"$0" --config "$1" --check-config 2>&1 | grep -q "unknown.conf.*1"' "$bin/sealring-node" "$run/unknown.conf"
check "--help" exits 0 node --help
check "--version" exits 0 node --version
check "--print-config-digest is 64 hex digits" bash -c '"$0" --print-config-digest | grep -qxE "[0-9a-f]{64}"' "$bin/sealring-node"

# Genesis, once
check "genesis" network_genesis one
one=$(net_url one) cid=$(network_cid)
pid=$(cat "$net/one/pid")
says() { # REASON COMMAND...: a daemon that ends by itself and logs that reason
    local want=$1
    shift
    timeout 20 "$@" >"$run/said" 2>&1
    local got=$?
    grep -q "reason=$want" "$run/said" || { tail -n 3 "$run/said"; return 1; }
    [ $got -ne 0 ] && [ $got -ne 124 ]
}
check "a second daemon over the same state, while the first one runs, is refused" says busy \
    "$bin/sealring-bootstrap" --config "$net/one/sealring.conf" --tcti "$(net_tcti two)" --event-log ""
check "and the first goes on" curl -skf "$one/healthz"

# Certificates
seen() { openssl s_client -connect "${one#https://}" </dev/null 2>/dev/null | openssl x509 -noout -subject; }
before=$(seen)
cp "$net/one/tls.crt" "$run/old.crt" && cp "$net/one/tls.key" "$run/old.key"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=renewed \
    -keyout "$net/one/tls.key" -out "$net/one/tls.crt" 2>/dev/null
kill -HUP "$pid"
renewed() { seen | grep -q renewed; }
check "a new certificate is served after SIGHUP, without a restart" within 10 renewed
echo rubbish >"$net/one/tls.crt"
kill -HUP "$pid"
sleep 0.5
check "a bad one changes nothing" renewed
cp "$run/old.crt" "$net/one/tls.crt" && cp "$run/old.key" "$net/one/tls.key"
admin() { curl -s --unix-socket "$net/one/admin" -X "$1" "http://localhost/sealring/v1/admin/$2"; }
check "the administrator's socket reloads too" admin POST reload
check "back to the first certificate" within 10 test "$(seen)" = "$before"
check "the socket answers its owner" bash -c 'test "$(curl -s -o /dev/null -w "%{http_code}" --unix-socket "$0" http://localhost/sealring/v1/admin/status)" = 200' "$net/one/admin"
check "the same route is refused over TCP" bash -c 'code=$(curl -sk -o /dev/null -w "%{http_code}" "$0/sealring/v1/admin/status"); test "$code" = 403 -o "$code" = 404' "$one"
check "the socket is nobody else's" test "$(stat -c %a "$net/one/admin")" = 600

# Metrics and errors
check "metrics are Prometheus text" bash -c 'curl -sk "$0/metrics" | python3 tests/e2e/prometheus.py' "$one"
check "an unknown path is a JSON error with a reason" bash -c 'curl -sk "$0/nothing" | jq -e ".error.reason == \"not-found\" and (.error.request_id | length) > 8"' "$one"
check "a wrong method is 405" bash -c 'test "$(curl -sk -o /dev/null -w "%{http_code}" -X DELETE "$0/healthz")" = 405' "$one"
check "rubbish in a handshake is a 400 that changes nothing" bash -c 'head -c 300 /dev/zero | curl -sk --data-binary @- -H "Content-Type: application/octet-stream" \
    "$0/sealring/v1/join/challenge" | jq -e .error.reason' "$one"
check "files of the state are their owner's alone" test -z "$(find "$net/one/state" -perm /077)"

# Installing, and the library
check "cmake --install" env DESTDIR="$run/root" cmake --install "$bin" --prefix /usr
for file in bin/sealring bin/sealring-launch sbin/sealringd sbin/sealring-node sbin/sealring-bootstrap include/sealring.h \
    lib/systemd/system/sealring-node.service lib/systemd/system/sealring-bootstrap.service libexec/sealring/start \
    share/man/man1/sealring-fetch.1 share/man/man8/sealring-node.8 share/man/man5/sealring.conf.5; do
    check "installed: $file" test -e "$run/root/usr/$file"
done
lib=$(dirname "$(find "$run/root" -name 'libsealring.so' | head -n 1)")
check "nothing insecure is installed" test -z "$(find "$run/root" -name '*insecure*')"
check "a workload in C builds against what was installed" cc -Wall -Werror -I"$run/root/usr/include" examples/fetch.c -L"$lib" -lsealring -o "$run/fetch"
code=$("$bin/sealring" measure --json "$run/fetch" | jq -r .code)
previous=$("$bin/sealring" policy check --json "$net/operator/policy.json" | jq -r .hash)
jq -cS --arg c "$code" --arg p "$previous" '.number = 2 | .previous = $p | .release[0].where[0].value = $c' "$net/operator/policy.json" >"$run/p2"
"$bin/sealring" policy sign --key "$net/operator/operator.key" --cid "$cid" --out "$run/p2.signed" "$run/p2" >/dev/null
check "a policy that lets it" "$bin/sealring" policy apply --node "$one" --cid "$cid" "$run/p2.signed"
example() { # WANT CID
    LD_LIBRARY_PATH=$lib "$bin/sealring-launch" --tcti "$(net_tcti workload)" --event-log "$net/workload/event-log" -- \
        "$run/fetch" "$one" "$2" "$1" "$(net_tcti workload)" "$net/workload/event-log" "$(tpm_chain)"
}
fetched() { example "$1" "$cid" | tee "$run/said" && grep -qx "$2" "$run/said"; }
check "it fetches a key of the length it asked for" fetched 'demo:app/k#raw:48' '48 bytes, version 1'
check "another want of it is refused" exits 1 example 'demo:no/k#raw:48' "$cid"
check "without the right cid it opens nothing" exits 2 example 'demo:app/k#raw:48' "sr1${cid#sr1}x"

# Draining
kill -TERM "$pid"
ended() { ! kill -0 "$pid" 2>/dev/null; }
check "SIGTERM ends it" within 20 ended
wait "$pid" 2>/dev/null
check "with status 0" test $? -eq 0
rm -f "$net/one/pid"
check "started again with the same genesis.json, it is the same member" net_start one "$bin/sealring-bootstrap"
check "of the same network" bash -c 'curl -sk "$0/sealring/v1/status" | jq -e --arg c "$1" ".cid == \$c"' "$(net_url one)" "$cid"
kill -9 "$(cat "$net/one/pid")" && wait "$(cat "$net/one/pid")" 2>/dev/null
rm -f "$net/one/pid"
"$bin/sealring" genesis prepare --operator "$net/operator/operator.key.pub" --ak-ca "$net/operator/ak-ca.key.pub" \
    --tpm-root "$(tpm_root)" --policy "$net/operator/policy.json" --out "$net/operator/other.json" >/dev/null
second() {
    "$bin/sealring-launch" --tcti "$(net_tcti one)" --event-log "$net/one/event-log" \
        --config-digest "$("$bin/sealring-bootstrap" --print-config-digest)" -- \
        "$bin/sealring-bootstrap" --config "$net/one/sealring.conf" --genesis "$net/operator/other.json"
}
export -f second net_tcti tpm_tcti
export bin net TPM_DIR
check "a second genesis over the state it left is refused" says state-exists bash -c second
check "and the state is what it was" net_start one "$bin/sealring-bootstrap"
finish
