# setup.sh - installs the Debian packages that building and testing need; sourced by run-tests and quickstart.
sealring_packages="build-essential pkg-config cmake ninja-build clang clang-format libclang-rt-14-dev git ca-certificates openssl
    libsodium-dev libssl-dev libmicrohttpd-dev libsqlite3-dev libcjson-dev libtss2-dev libcurl4-openssl-dev libfuse3-dev fuse3
    swtpm swtpm-tools tpm2-tools socat spin strace curl faketime python3 jq procps wrk mandoc bsdextrautils iproute2 patch universal-ctags python3-yaml python3-jsonschema python3-cryptography jose openssh-client"

# Other implementations that the verifiers are compared with, into build/: from their own registries. Without them that
# test says that it is skipped.
setup_differential() {
    timeout 300 tests/parts/differential_setup.sh build/differential || true
}

setup_packages() {
    local missing
    missing=$(for p in $sealring_packages; do
        dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q '^install ok installed$' || echo "$p"
    done)
    [ -n "$missing" ] || return 0
    echo "installing: $(echo $missing)"
    # shellcheck disable=SC2086 # a list of words
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } \
        >/dev/null || { echo "could not install: $missing" >&2; exit 2; }
}
