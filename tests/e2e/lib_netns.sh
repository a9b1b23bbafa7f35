# lib_netns.sh - insecure members in network namespaces of their own, over TLS, between which links can be cut; sourced after
# lib_insecure.sh. Nothing of the machine's own network is touched: a namespace of the run's own is the switch.
#   ns_begin N                 member I is 10.77.0.I in its namespace; the client is 10.77.0.254
#   ns_start I PROGRAM FLAGS   as ins_start; its name is mI
#   ns_client COMMAND...       from the client's namespace
#   ns_split I...              these members on one side, the others and the client on the other; ns_heal
#   ns_end

ns_tag=sr$$
ns_able() { ip netns add "$ns_tag-try" 2>/dev/null && ip netns del "$ns_tag-try"; }
ns_url() { echo "https://10.77.0.$1:8443"; }
ns_client() { ip netns exec "$ns_tag-c" "$@"; }

# ns_attach NAME ADDRESS: a namespace on the first switch
ns_attach() {
    ip netns add "$ns_tag-$1" &&
        ip -n "$ns_tag-s" link add "p$1" type veth peer name eth0 netns "$ns_tag-$1" &&
        ip -n "$ns_tag-s" link set "p$1" master swa up &&
        ip -n "$ns_tag-$1" addr add "$2/24" dev eth0 && ip -n "$ns_tag-$1" link set eth0 up && ip -n "$ns_tag-$1" link set lo up
}

# ns_begin N: two switches, so that a partition has two sides that both work
ns_begin() {
    local i
    ns_members=$1
    ip netns add "$ns_tag-s" && ip -n "$ns_tag-s" link add name swa type bridge && ip -n "$ns_tag-s" link add name swb type bridge &&
        ip -n "$ns_tag-s" link set swa up && ip -n "$ns_tag-s" link set swb up && ns_attach c 10.77.0.254 || return
    for i in $(seq "$1"); do
        ns_attach "$i" "10.77.0.$i" || return
        mkdir -p "$ins/m$i"
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=m$i" \
            -keyout "$ins/m$i/tls.key" -out "$ins/m$i/tls.crt" 2>/dev/null || return
    done
}

ns_end() {
    local name
    for name in $(ip netns list | cut -d' ' -f1 | grep "^$ns_tag-"); do ip netns del "$name"; done
}

ns_start() {
    local i=$1 program=$2
    shift 2
    : >"$ins/m$i/log"
    ip netns exec "$ns_tag-$i" "$BUILD/$program" --platform insecure --state-dir "$ins/m$i/state" --listen "10.77.0.$i:8443" \
        --tls-cert "$ins/m$i/tls.crt" --tls-key "$ins/m$i/tls.key" --admin-socket "$ins/m$i/admin" --sync-seconds 1 "$@" \
        >>"$ins/m$i/log" 2>&1 &
    echo $! >"$ins/m$i/pid"
}
ns_ready() {
    for _ in $(seq 600); do
        grep -q msg=ready "$ins/m$1/log" && return 0
        kill -0 "$(cat "$ins/m$1/pid")" 2>/dev/null || break
        sleep 0.05
    done
    tail -n 5 "$ins/m$1/log"
    return 1
}
ns_kill() { kill -9 "$(cat "$ins/m$1/pid")"; wait "$(cat "$ins/m$1/pid")" 2>/dev/null; }

ns_to() { ip -n "$ns_tag-s" link set "p$1" nomaster && ip -n "$ns_tag-s" link set "p$1" master "$2"; } # NAME SWITCH
ns_split() {
    local i
    for i in "$@"; do ns_to "$i" swb; done
}
ns_heal() {
    local i
    for i in c $(seq "$ns_members"); do ns_to "$i" swa; done
}
