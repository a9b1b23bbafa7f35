# lib_tsm.sh - machines with SEV-SNP and TDX for tests: tests/parts/tsm_fs.c stands in for the kernel. Sourced.
#   tsm_init DIR BIN MACHINE...   snp:NAME or tdx:NAME; DIR/m/NAME/report, DIR/c/{good,stale}, DIR/c/{snp,tdx}.pin
#   tsm_stop [DIR]                ends it; whoever sources this calls it in the trap that is theirs
#   tsm_set NAME WORD NUMBER      changes a machine, or how it fails
#   tsm_count NAME WORD           made, removed, reports, keys
#   tsm_in NAME COMMAND...        the command where /dev/sev-guest is that machine's; tsm_exec: in place of the shell
# Several may run, each with a DIR and keys of its own; tsm_dir says which one is meant.
# Exits with 77 where no FUSE file system can be mounted.
tsm_skip() { echo "skipped: $1"; exit 77; }
[ -w /dev/fuse ] || tsm_skip "no /dev/fuse"
[ "$(id -u)" = 0 ] || tsm_skip "mounting FUSE and binding a device over /dev wants root"
unshare -m true 2>/dev/null || tsm_skip "no mount namespaces"

tsm_init() {
    tsm_dir=$1
    mkdir -p "$1/m"
    "$2/tests/tsm_fs" "$1/m" "$1/c" "${@:3}" >"$1/out" 2>&1 &
    echo $! >"$1/pid"
    for _ in $(seq 200); do
        grep -q '^ready' "$1/out" && break
        kill -0 "$(cat "$1/pid")" 2>/dev/null || break
        sleep 0.05
    done
    grep -q '^ready' "$1/out" || tsm_skip "FUSE: $(tail -n 1 "$1/out")"
}

tsm_stop() {
    local dir=${1:-$tsm_dir}
    umount -l "$dir/m" 2>/dev/null
    kill "$(cat "$dir/pid")" 2>/dev/null
    wait "$(cat "$dir/pid")" 2>/dev/null
    return 0
}

tsm_report() { echo "$tsm_dir/m/$1/report"; }
tsm_set() { echo "$2 $3" >"$tsm_dir/m/$1/control"; }
tsm_count() { sed -n "s/^$2 //p" "$tsm_dir/m/$1/control"; }

# A /dev of its own: the rest of it is the machine's. Replaces the shell, so that a process in the background has its pid.
tsm_exec() {
    export tsm_device="$tsm_dir/m/$1/sev-guest"
    exec unshare -m bash -c '
        dev=$(mktemp -d) && mount -t tmpfs -o mode=755 tmpfs "$dev" || exit 70
        for name in null zero full random urandom tty; do
            touch "$dev/$name" && mount --bind "/dev/$name" "$dev/$name" || exit 70
        done
        ln -s /proc/self/fd "$dev/fd" && touch "$dev/sev-guest" && mount --bind "$tsm_device" "$dev/sev-guest" &&
            mount --move "$dev" /dev && rmdir "$dev" && unset tsm_device && exec "$@"' tsm_in "${@:2}"
}
tsm_in() { (tsm_exec "$@"); }
