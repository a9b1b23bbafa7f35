#!/bin/sh
# differential_setup.sh FOLDER - installs other implementations of the verifiers into FOLDER, for evidence_differential.py:
# dcap-qvl (PyPI; TDX and SGX) and go-sev-guest (a Go module; SNP), of fixed versions. Nothing of them is part of the tree.
# Needs package registries; without them, or without Go, the test says what it skips.
set -u
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" && cd "$1" || exit 2
[ -d python/dcap_qvl ] || pip install --quiet --no-deps --disable-pip-version-check --root-user-action ignore --target python \
    dcap-qvl==0.7.0 || echo "dcap-qvl could not be installed"
if [ ! -x snp_judge ] && command -v go >/dev/null; then
    mkdir -p go && cp "$here/snp_judge.go" go/main.go && cd go || exit 2
    [ -f go.mod ] || go mod init snpjudge >/dev/null 2>&1
    go get github.com/google/go-sev-guest@v0.15.0 >/dev/null 2>&1 && go mod tidy >/dev/null 2>&1 && go build -o ../snp_judge . ||
        echo "go-sev-guest could not be built"
fi
exit 0
