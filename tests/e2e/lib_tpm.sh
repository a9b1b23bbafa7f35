# lib_tpm.sh - real software TPMs for tests, sourced, not run. All of it stays in one directory:
#
#   tpm_init DIR        a manufacturer: DIR/ca, made with the first TPM
#   tpm_stop_all        ends all of them; whoever sources this calls it in the trap that is theirs
#   tpm_new NAME        a TPM with an EK certificate of that manufacturer, not running
#   tpm_start NAME      starts it ("power on": PCRs are zero); prints nothing
#   tpm_stop NAME       ends it ("power off")
#   tpm_tcti NAME       prints its TCTI, unix:PATH
#   tpm_chain           prints the path of the PEM file with the manufacturer's certificates
#   tpm_root            prints the manufacturer's pin: SHA-256 of the root's SubjectPublicKeyInfo, in hex
#   tpm2 NAME ARGS...   one tpm2-tools command on it (through the socket, with no resource manager)
#
# One process at a time speaks to a TPM; the next one waits. Exits with 77 where swtpm is not installed.
command -v swtpm >/dev/null && command -v swtpm_setup >/dev/null || {
    echo "skipped: no swtpm"
    exit 77
}

tpm_init() {
    TPM_DIR=$1
    mkdir -p "$TPM_DIR/ca"
    cat >"$TPM_DIR/ca/localca.conf" <<EOF
statedir = $TPM_DIR/ca
signingkey = $TPM_DIR/ca/signkey.pem
issuercert = $TPM_DIR/ca/issuercert.pem
certserial = $TPM_DIR/ca/certserial
EOF
    cat >"$TPM_DIR/ca/localca.options" <<EOF
--tpm-manufacturer id:00001014
--tpm-model swtpm
--tpm-version 1
--platform-manufacturer test
--platform-version 1
--platform-model test
EOF
    cat >"$TPM_DIR/ca/setup.conf" <<EOF
create_certs_tool = swtpm_localca
create_certs_tool_config = $TPM_DIR/ca/localca.conf
create_certs_tool_options = $TPM_DIR/ca/localca.options
active_pcr_banks = sha256
EOF
}

tpm_new() {
    local d=$TPM_DIR/$1
    mkdir -p "$d"
    TMPDIR=$d swtpm_setup --tpm2 --tpmstate "$d" --config "$TPM_DIR/ca/setup.conf" --create-ek-cert \
        --pcr-banks sha256 --overwrite >"$d/setup.log" 2>&1 || {
        cat "$d/setup.log"
        echo "tpm_new: swtpm_setup failed" >&2
        return 1
    }
}

tpm_start() {
    local d=$TPM_DIR/$1 i
    rm -f "$d/s" "$d/p"
    swtpm socket --tpm2 --tpmstate dir="$d" --server type=unixio,path="$d/s" \
        --flags not-need-init,startup-clear --pid file="$d/p" --daemon >"$d/run.log" 2>&1 || return 1
    for i in $(seq 100); do
        [ -S "$d/s" ] && [ -s "$d/p" ] && return 0
        sleep 0.02
    done
    return 1
}

# Waits until it is gone: the state is written at the end, and two of one state would mix.
tpm_stop() {
    local d=$TPM_DIR/$1 pid i
    [ -s "$d/p" ] || return 0
    pid=$(cat "$d/p")
    kill "$pid" 2>/dev/null
    for i in $(seq 100); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.02
    done
    kill -9 "$pid" 2>/dev/null
    rm -f "$d/p" "$d/s"
}

tpm_stop_all() {
    local p
    for p in "$TPM_DIR"/*/p; do
        [ -e "$p" ] && tpm_stop "$(basename "$(dirname "$p")")"
    done
    return 0
}

tpm_tcti() {
    echo "unix:$TPM_DIR/$1/s"
}

tpm_chain() {
    [ -s "$TPM_DIR/ca/chain.pem" ] ||
        cat "$TPM_DIR/ca/issuercert.pem" "$TPM_DIR/ca/swtpm-localca-rootca-cert.pem" >"$TPM_DIR/ca/chain.pem"
    echo "$TPM_DIR/ca/chain.pem"
}

tpm_root() {
    openssl x509 -in "$TPM_DIR/ca/swtpm-localca-rootca-cert.pem" -noout -pubkey |
        openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1
}

# tpm2-tools know no Unix sockets; their "cmd" TCTI runs a program that copies between them.
tpm2() {
    local name=$1
    shift
    TPM2TOOLS_TCTI="cmd:socat - UNIX-CONNECT:$TPM_DIR/$name/s" TSS2_LOG=all+none "tpm2_$@"
}
