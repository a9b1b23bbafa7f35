#!/bin/bash
# operations.sh - what administrators do to a running production node: look over its configuration, renew its
# certificate, read its metrics, use its socket, drain it, start it again. BUILD is the first argument.
set -u
bin=$(cd "$1" && pwd) run=$(mktemp -d)
. tests/e2e/lib_tpm.sh
. tests/network.sh
. tests/e2e/lib_check.sh
trap 'kill $(jobs -p) 2>/dev/null; network_stop; rm -rf "$run"' EXIT
net=$run/net skipped=0
node() { "$bin/sealring-node" "$@"; }
out() { # TEXT COMMAND...: its output has a line with that
    local text=$1
    shift
    "$@" 2>&1 | tee "$run/said" | grep -qE -- "$text" || { cat "$run/said"; return 1; }
}

# Before anything runs
conf() { printf '%s\n' 'state-dir = /nowhere' 'listen-plain = 127.0.0.1:0' "$@" >"$run/conf"; }
conf
check "a good configuration" exits 0 node --config "$run/conf" --check-config
conf 'colour = blue'
check "an unknown key" exits 2 node --config "$run/conf" --check-config
check "is said, with its line" out 'reason=config why=.*3: unknown key' node --config "$run/conf" --check-config
conf 'state-dir = /elsewhere'
check "a key given twice" out 'state-dir is given twice' node --config "$run/conf" --check-config
conf 'threads = 0'
check "a number out of bounds" out 'bad value for threads' node --config "$run/conf" --check-config
conf 'listen-plain = 0.0.0.0:0'
check "a second plain address" exits 2 node --config "$run/conf" --check-config
check "plain HTTP for strangers" exits 2 node --state-dir /x --listen-plain 0.0.0.0:80 --check-config
check "no file" exits 2 node --config "$run/none" --check-config
check "the command line overrides the file" exits 0 node --state-dir /x --listen-plain 127.0.0.1:0 --check-config
check "--help names every key" bash -c 'for key in $(grep -oE "(TEXT|LIST|UINT)\(\"[a-z-]+" node/config.c | sed "s/.*\"//"); do
    "$0" --help | grep -q "^  $key " || { echo "$key"; exit 1; }; done' "$bin/sealring-node"
check "--version" out '^sealring [0-9]+\.[0-9]+\.[0-9]+$' node --version
check "--print-config-digest is 32 bytes in hex" out '^[0-9a-f]{64}$' node --print-config-digest
check "the two names print the same" test "$(node --print-config-digest)" = "$("$bin/sealring-bootstrap" --print-config-digest)"
check "genesis is not for sealring-node" out 'genesis is for sealring-bootstrap' node --state-dir /x --listen-plain 127.0.0.1:0 --genesis /x
check "a word that is no option" exits 2 node start

network_new "$net" "$bin" && network_machines one two && network_operator || exit 1
check "genesis" network_genesis one
cid=$(network_cid) one=$(net_url one)
admin() { curl -s --unix-socket "$net/one/admin" -X "$1" "http://x/sealring/v1/admin/$2"; }
pid() { cat "$net/one/pid"; }
says() { # REASON COMMAND...: a daemon that ends by itself and logs that reason
    local want=$1 got
    shift
    timeout 20 "$@" >"$run/said" 2>&1
    got=$?
    grep -q "reason=$want" "$run/said" || { tail -n 3 "$run/said"; return 1; }
    [ $got -ne 0 ] && [ $got -ne 124 ]
}
check "a second daemon over the same state, while the first one runs, is refused" says busy \
    "$bin/sealring-bootstrap" --config "$net/one/sealring.conf" --tcti "$(net_tcti two)" --event-log ""
check "and the first goes on" curl -skf "$one/healthz"
check "files of the state are their owner's alone" test -z "$(find "$net/one/state" -perm /077)"
check "an unknown path is a JSON error with a reason" bash -c 'curl -sk "$0/nothing" | jq -e ".error.reason == \"not-found\" and (.error.request_id | length) > 8"' "$one"
check "a wrong method is 405" bash -c 'test "$(curl -sk -o /dev/null -w "%{http_code}" -X DELETE "$0/healthz")" = 405' "$one"
check "rubbish in a handshake is refused with a reason" bash -c 'head -c 30 /dev/zero | curl -sk --data-binary @- -H "Content-Type: application/octet-stream" \
    "$0/sealring/v1/join/challenge" | jq -e ".error.reason"' "$one"

# Metrics
curl -sk "$one/metrics" >"$run/metrics"
check "metrics are Prometheus text, read strictly" python3 tests/e2e/prometheus.py <"$run/metrics"
requests() { curl -sk "$one/metrics" | sed -n 's/^sealring_requests_total //p'; }
before=$(requests)
curl -sk "$one/healthz" >/dev/null
check "requests are counted" test "$(requests)" -gt "$before"
sed '1d' "$run/metrics" >"$run/bad"
check "the strict reader misses a HELP line" exits 1 python3 tests/e2e/prometheus.py <"$run/bad"

# The certificate, renewed under a connection that stays open
hold_start() {
    rm -f "$run/in" "$run/answers"
    mkfifo "$run/in" "$run/answers"
    python3 tests/e2e/hold.py "$one" "$run/in" "$run/answers" 2>"$run/hold" &
    holder=$!
    exec 7>"$run/in" 8<"$run/answers"
}
hold_end() {
    exec 7>&- 8<&-
    wait $holder
}
ask() {
    local answer
    echo "$1" >&7
    IFS= read -r -t 20 answer <&8
    echo "$answer"
}
serial() { openssl x509 -in "$net/one/tls.crt" -outform DER | sha256sum | cut -d' ' -f1; }
shown() { [ "$(ask serial)" = "$1" ]; }
hold_start
old=$(serial)
check "an open connection is answered" test "$(ask get)" = 200
check "a new one is shown the certificate" shown "$old"
net_tls one
new=$(serial)
kill -HUP "$(pid)"
check "after SIGHUP a new connection is shown the new certificate" within 10 shown "$new"
check "which is another" test "$old" != "$new"
check "and the open connection goes on" test "$(ask get)" = 200
echo rubbish >"$net/one/tls.crt"
kill -HUP "$(pid)"
check "a bad certificate is refused, aloud" within 10 grep -q 'level=error msg=reload' "$net/one/log"
check "and the good one is shown still" shown "$new"
net_tls one
check "the socket's reload says so" test "$(admin POST reload | jq -r .done)" = reload
check "and did so" shown "$(serial)"
hold_end

# The socket
check "status by the socket" test "$(admin GET status | jq -r .state)" = member
check "the socket is for its owner" test "$(stat -c %a "$net/one/admin")" = 600
for verb in reload drain freeze thaw; do
    check "no $verb by TCP" test "$(curl -sk -o /dev/null -w '%{http_code}' -X POST "$one/sealring/v1/admin/$verb")" = 403
done
check "no status by TCP" test "$(curl -sk -o /dev/null -w '%{http_code}' "$one/sealring/v1/admin/status")" = 403
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    chmod 711 "$run" "$net" "$net/one" && chmod 666 "$net/one/admin"
    stranger() { setpriv --reuid 65534 --regid 65534 --clear-groups curl -s --unix-socket "$net/one/admin" -X "$1" "http://x/sealring/v1/admin/$2"; }
    check "another user is not admitted, even where the file mode lets him in" test -z "$(stranger GET status | grep state)"
    check "nor may he drain" test "$(stranger POST drain | jq -r .done)" != drain
    check "the node goes on" test "$(admin GET status | jq -r .state)" = member
else
    echo "SKIPPED: not root, no other user to be"
    skipped=$((skipped + 1))
fi

# The two kinds of network refuse each other
other=srx1$(printf '%s' "${cid#sr1}")
for value in "$other" "${cid%?}" "" sr1; do
    check "the command refuses the id '$value'" exits 2 "$bin/sealring" status --node "$one" --cid "$value"
done
check "the insecure command refuses a production id" exits 2 "$bin/sealring-insecure" status --node "$one" --cid "$cid"

# Drain
hold_start
check "drain" test "$(admin POST drain | jq -r .done)" = drain
refuses() { ! curl -sk --max-time 2 -o /dev/null "$one/healthz"; }
check "no new connection is taken" within 10 refuses
hold_end
wait "$(pid)"
check "it ended well" test $? = 0
check "and says so last" bash -c 'tail -n 1 "$0" | grep -q msg=stopped' "$net/one/log"
check "its socket is gone or dead" exits 1 bash -c 'curl -sf --unix-socket "$0" http://x/healthz || exit 1' "$net/one/admin"

# Started again
: >"$net/one/log"
check "started again with the same genesis.json, it is the same member" net_start one "$bin/sealring-bootstrap"
check "of the same network" bash -c 'curl -sk "$0/sealring/v1/status" | jq -e --arg c "$1" ".cid == \$c"' "$(net_url one)" "$cid"
kill -9 "$(pid)" && wait "$(pid)" 2>/dev/null
"$bin/sealring" genesis prepare --operator "$net/operator/operator.key.pub" --ak-ca "$net/operator/ak-ca.key.pub" \
    --tpm-root "$(tpm_root)" --policy "$net/operator/policy.json" --out "$net/operator/other.json" >/dev/null
check "another genesis over the state it left is refused" says state-exists "$bin/sealring-launch" --tcti "$(net_tcti one)" \
    --event-log "$net/one/event-log" --config-digest "$(node --print-config-digest)" -- \
    "$bin/sealring-bootstrap" --config "$net/one/sealring.conf" --genesis "$net/operator/other.json"
net_conf one "cid = $cid"
: >"$net/one/log"
check "as an ordinary node it starts again" net_start one "$bin/sealring-node"
one=$(net_url one)
leaves() { "$bin/sealring" log show --node "$one" --cid "$cid" | jq -r .leaf.type; }
leaves >"$run/leaves"
check "its log has the stop" grep -qx stop "$run/leaves"
check "and the start after it" bash -c '[ "$(grep -nx stop "$0" | tail -n 1 | cut -d: -f1)" -lt "$(grep -nx start "$0" | tail -n 1 | cut -d: -f1)" ]' "$run/leaves"
check "the log verifies" network_log_verify one
kill -TERM "$(pid)"
wait "$(pid)"
check "SIGTERM ends it well" test $? = 0
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
