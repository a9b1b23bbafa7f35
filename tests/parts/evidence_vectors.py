"""evidence_vectors.py SEALRING TOOL - captured SNP, TDX and SGX evidence through `sealring verify-evidence`: the verdict
that the index expects, for the reason of the reviewed table below, and the evidence changed in many ways, none of
which may be accepted. The evidence is not part of the tree: SEALRING_VECTORS names its folder
(../shared/vectors unless set). SEALRING_VECTOR_BITS=all flips every bit of every accepted one."""
import base64
import calendar
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

SEALRING, TOOL = sys.argv[1:3]
FOLDER = os.environ.get("SEALRING_VECTORS", "../shared/vectors")
FULL = os.environ.get("SEALRING_VECTOR_BITS") == "all"

# Reviewed against the words of the index, in which each entry is here exactly once: what is accepted, and why each of the
# others is refused.
ACCEPTED = [
    "snp/milan-v2-azure-trustee", "snp/milan-v2-azure-sidecar", "snp/milan-v2-enarx-authorkey-a",
    "snp/milan-v2-enarx-authorkey-b", "snp/milan-v2-enarx-noauthor", "snp/milan-v2-vmpl0-automata",
    "snp/milan-v2-vmpl1-automata", "snp/milan-v2-vmpl1-automata-2", "snp/milan-v2-vlek-aws-trustee",
    "snp/milan-v3-vlek-aws-trustee", "snp/milan-v3-azure-tav", "snp/milan-v3-dstack", "snp/genoa-v3-azure-tav",
    "snp/genoa-v5-oak", "snp/genoa-siena-v5-live-b", "snp/turin-v5-azure-tav", "snp/turin-v5-oak",
    "tdx/v4-00806f-teepot", "tdx/v4-90c06f-dstack", "tdx/v4-b0c06f-dcapqvl", "tdx/v4-b0c06f-dstack-ipynb",
    "tdx/v4-20a06f-phala-near", "tdx/v5-90c06f-gotdx", "sgx/v3-00706a-cmc-uptodate", "tdx/v4-b0c06f-near-eval20"
]
REASONS = {
    "snp/milan-v2-debug-gosevguest": "debug",
    "snp/milan-v2-enarx-oldtcb-debug-2": "debug",
    "snp/neg-tamper-sig-r-2": "report-signature",
    "snp/neg-forged-vcek-legacy": "certificate-signature",
    "snp/neg-forged-vcek-new": "certificate-signature",
    "snp/neg-pair-other-chip-vcek": "chip-id",
    "snp/neg-pair-genoa-ask": "collateral-missing",  # nobody of the VCEK's issuer's name
    "snp/neg-pair-wrong-ark": "collateral-missing",  # nobody of the ASK's issuer's name
    "snp/neg-pair-vlek-report-with-vcek": "signing-key",
    "snp/neg-pair-turin-report-genoa-vcek": "product",
    "tdx/v4-50806f-trustee-debug-2023": "debug",
    "tdx/v4-50806f-trustee-debug-2026": "debug",
    "tdx/v4-50806f-openenclave-2023": "sept-ve-disable",
    "tdx/v4-50806f-openenclave-2026": "sept-ve-disable",
    "tdx/v4-50806f-gotdx-spr-e4": "tcb-not-supported",
    "tdx/v4-50806f-aael-trustee-2025": "tcb-status",
    "tdx/v4-50806f-aael-trustee-2026": "tcb-status",
    "tdx/v4-90c06f-cmc-azure-nolevel": "tcb-not-supported",
    "tdx/v4-b0c06f-dcapqvl-old-nolevel": "tcb-not-supported",
    "tdx/v4-c0806f-oasis": "tcb-status",
    "tdx/v4-c0806f-cmc-b": "tcb-status",
    "tdx/v4-00a06d-trustee-gnr": "tcb-status",
    "tdx/v5-90c06f-alibaba-2025": "service-td",
    "tdx/v5-90c06f-alibaba-2026": "service-td",
    "tdx/v5-90c06f-trustee-nolevel": "tcb-not-supported",
    "tdx/v5-90c06f-oe-moduleupdate-2026-relaunch": "tcb-status",
    "tdx/v5-00806f-oe-2025": "migratable",
    "tdx/neg-v4-preprod-root-30806f": "certificate-anchor",
    "tdx/neg-v5-preprod-root-10806f": "certificate-anchor",
    "tdx/neg-v4-intel-sample-testroot": "certification-data",
    "tdx/neg-v4-tampered-cmc": "quote-signature",
    "tdx/neg-time-expired-collateral": "collateral-time",
    "tdx/neg-time-before-issue": "collateral-time",
    "tdx/neg-time-pck-expired": "certificate-time",
    "tdx/neg-sgx-qe-identity-for-tdx": "collateral-missing",
    "tdx/neg-processor-crl-for-platform-pck": "collateral-missing",
    "sgx/v3-00a067-dcapqvl-2023": "tcb-status",
    "sgx/v3-00a067-dcapqvl-2025": "tcb-status",
    "sgx/v3-00606a-oasis-2023-05": "tcb-status",
    "sgx/v3-00606a-occlum-debug-ood": "debug",
    "sgx/v3-00606a-ratsrs-oodconf": "debug",
    "sgx/neg-v3-quote-sig-cmc": "quote-signature",
    "sgx/neg-v3-pck-chain-automata": "collateral-missing",  # its CA's issuer is not beside it
    "sgx/neg-v3-cert-oe": "certificate-signature",
    "sgx/neg-v3-quote-sig-oe": "quote-signature",
    "sgx/neg-v3-corrupt-fortanix": "certification-data",
    "sgx/neg-v3-ppid-ct3-automata": "certification-data",
    "sgx/neg-v3-intel-sample-ct1": "certification-data",
}
# No report or quote: what becomes of it. The CA that AMD revoked is judged with genuine evidence below it: revoked_ca().
OTHERS = ["snp/neg-revoked-genoa-ask"]
# TPM entries of INDEX-b.json. Their quotes are bound to nonces of others and have PCRs of others, so none is Sealring evidence: as
# evidence each is refused for the reason here, which is the first one; what the index says of signatures, keys and chains is
# held by unit/test_tpm_vectors and unit/test_tpm_vendor, on the same files. None: nothing that could be put into an envelope.
TPM = {
    "tpm-nitrotpm": None,         # an AWS document: a later format
    "tpm-gcp-amd": "report-data",  # genuine chain and quote of PCRs 0 to 23; chain, key and signature hold, the selection is not ours
    "tpm-gcp-roots": None,
    "tpm-windows-sha1": "quote-format",  # signed with SHA-1
    "tpm-trustee-swtpm": "report-data",
    "tpm-swtpm-own": "report-data",
    "tpm-negative": "quote-format",  # of no PCRs (emptysel), others in unit/test_tpm_vectors
    "tpm-eventlogs": None, "tpm-gce-certs": None, "tpm-hw-ek-certs": None,
}
TPM_PARTS = {  # attest, signature as TPMT_SIGNATURE or ECDSA in DER
    "tpm-gcp-amd": ("raw/gcp-amd/quote.attest", "raw/gcp-amd/quote.ecdsa_der"),
    "tpm-windows-sha1": ("raw/windows-gcp-sha1/quote.attest", "raw/windows-gcp-sha1/quote.tpmt_signature"),
    "tpm-trustee-swtpm": ("raw/trustee-swtpm/quote.attest", "raw/trustee-swtpm/quote.tpmt_signature"),
    "tpm-swtpm-own": ("swtpm/quote-ecc.attest", "swtpm/quote-ecc.tpmt_signature"),
    "tpm-negative": ("negative/emptysel.attest", "negative/emptysel.attest"),
}
# One of each format and version, every bit of which is flipped: those with a second genuine one beside them.
EVERY_BIT = ["snp/milan-v2-azure-trustee", "snp/milan-v3-azure-tav", "snp/turin-v5-oak", "tdx/v4-b0c06f-near-eval20",
             "tdx/v5-90c06f-gotdx", "sgx/v3-00706a-cmc-uptodate"]
OTHER = {"snp": "snp/genoa-v5-oak", "tdx": "tdx/v4-90c06f-dstack", "sgx": "sgx/v3-00a067-dcapqvl-2025"}

passed = failed = 0
RANDOM = random.Random(5)


def check(what, good):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED:", what)


def kind(v):
    return {"sev-snp": "snp"}.get(v["tee"], v["tee"])


def evidence(v):
    return v["files"].get("report") or v["files"].get("quote")


def collateral(v):
    return [f"{FOLDER}/{p}" for k, p in v["files"].items() if k not in ("report", "quote") and "inside" not in p]


def at(v):
    return v.get("verify_time") or "2024-01-01T00:00:00Z"


def judge(v, files, *more, file=None):
    with tempfile.TemporaryDirectory() as d:
        for f in files:  # under names that say nothing, or something else
            shutil.copy(f, f"{d}/{RANDOM.randrange(1 << 32):08x}{RANDOM.choice(['', '.pem', '.json', '.der'])}")
        r = subprocess.run([SEALRING, "verify-evidence", "--type", kind(v), "--at", at(v), "--collateral", d, "--json",
                            *more, file or f"{FOLDER}/{evidence(v)}"], capture_output=True, text=True, timeout=60)
    return r.returncode, json.loads(r.stdout) if r.stdout.startswith("{") else {}


def verdicts(vectors):
    for v in vectors:
        code, said = judge(v, collateral(v))
        want = v["expected"]["verdict_strict_policy"]
        reason = REASONS.get(v["id"], "none")
        check(f"{v['id']}: {said.get('verdict')} {said.get('reason')}, not {want} {reason}",
              said.get("verdict") == want and said.get("reason") == reason and code == (want != "accept"))
        status = said.get("claims", {}).get("tcb.status")
        check(f"{v['id']}: {status}", status is None or status == v["expected"]["tcb_status"])


def forms(vectors):
    """As hex and as base64 in lines."""
    for v in vectors:
        raw = open(f"{FOLDER}/{evidence(v)}", "rb").read()
        for text in (raw.hex(), base64.encodebytes(raw).decode()):
            with tempfile.NamedTemporaryFile("w", suffix=".txt") as f:
                f.write(text)
                f.flush()
                code, said = judge(v, collateral(v), file=f.name)
            check(f"{v['id']} as text: {said.get('reason')}", code == 0)


def lp(b):
    return len(b).to_bytes(4, "big") + b


def tpm(vectors):
    """In the envelope of specs/evidence-tpm.md, with Google's chain as a vendor's AK certificate."""
    chain = re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END", open(f"{FOLDER}/tpm/gcp/test-gcp-amd-fixture.akchain.pem").read(), re.S)
    ders = [base64.b64decode(c) for c in chain]
    cert = bytes([len(ders)]) + b"".join(lp(c) for c in ders)
    check("TPM entries of the index", sorted(v["id"] for v in vectors) == sorted(TPM))
    for id, (attest, signature) in TPM_PARTS.items():
        a, s = (open(f"{FOLDER}/tpm/{p}", "rb").read() for p in (attest, signature))
        if s[:1] == b"\x30":  # ECDSA in DER: TPMT_SIGNATURE has r and s with their sizes
            r_n = s[3]
            r, q = s[4:4 + r_n], s[6 + r_n:6 + r_n + s[5 + r_n]]
            s = bytes.fromhex("0018000b") + b"".join(len(x).to_bytes(2, "big") + x for x in (r[-32:], q[-32:]))
        envelope = b"\1\2" + lp(cert) + lp(a) + lp(s) + bytes([13]) + bytes(13 * 32) + lp(b"")
        with tempfile.TemporaryDirectory() as d:
            open(f"{d}/evidence", "wb").write(envelope)
            r = subprocess.run([SEALRING, "verify-evidence", "--type", "tpm", "--at", "2026-02-05T00:00:00Z", "--report-data", "00" * 64,
                                "--json", f"{d}/evidence"], capture_output=True, text=True, timeout=60)
        said = json.loads(r.stdout) if r.stdout.startswith("{") else {}
        check(f"{id}: {r.returncode} {said.get('reason')} {r.stderr}", r.returncode == 1 and said.get("reason") == TPM[id])
    check("each TPM entry that can be evidence is tried", {k for k, v in TPM.items() if v} == set(TPM_PARTS))


def bad_collateral(index):
    """Documents that do not verify or are malformed, in the place of the good one of genuine evidence."""
    v = next(x for x in VECTORS if x["id"] == "tdx/v4-b0c06f-near-eval20")
    for one in index["intel_bad_collateral"] + index["intel_malformed_json"]:
        name = "qe_identity" if "qe" in os.path.basename(one["file"]) else "tcb_info"
        files = [f"{FOLDER}/{p}" for k, p in v["files"].items() if k not in ("quote", name) and "inside" not in p]
        code, said = judge(v, files + [f"{FOLDER}/{one['file']}"])
        check(f"{one['file']}: {code} {said.get('reason')}", code == 1 and str(said.get("reason")).startswith("collateral-"))


def numbers_count(v):
    """Each number of an accepted one, raised by one in a policy, refuses it."""
    _, said = judge(v, collateral(v))
    names = [n for n, x in said["claims"].items() if isinstance(x, int) and not isinstance(x, bool)]
    check(f"{v['id']}: has numbers", len(names) > 4)
    for name in names:
        for value, want in ((said["claims"][name], 0), (said["claims"][name] + 1, 1)):
            rule = {"name": "r", "type": kind(v),
                    "where": [{"claim": name, "op": "min", "value": value}]}
            with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
                json.dump({**POLICY, "join": [rule]}, f)
                f.flush()
                code, out = judge(v, collateral(v), "--policy", f.name)
            check(f"{v['id']}: {name} min {value}: {code} {out.get('reason')}", code == want)


def changed(v, mode, count, seed=1):
    other = next(x for x in VECTORS if x["id"] == OTHER[kind(v)])
    moment = calendar.timegm(time.strptime(at(v), "%Y-%m-%dT%H:%M:%SZ"))
    r = subprocess.run([TOOL, kind(v), str(moment), "none", mode, str(count), str(seed), f"{FOLDER}/{evidence(other)}",
                        f"{FOLDER}/{evidence(v)}", *collateral(v)], capture_output=True, text=True)
    lines = [x for x in r.stdout.splitlines() if x.startswith("accepted")]
    last = r.stdout.splitlines()[-1:] or ["nothing"]
    print(v["id"], mode, *last)
    check(f"{v['id']} {mode}: {r.stderr} {lines[:5]}", r.returncode == 0 and not lines)


def revoked_ca():
    """The one revoked AMD CA, by its list and without it."""
    v = next(x for x in VECTORS if x["id"] == "snp/neg-revoked-genoa-ask")
    genoa = next(x for x in VECTORS if x["id"] == "snp/genoa-v5-oak")
    vek = [f for f in collateral(genoa) if "vcek" in f]
    for files in (collateral(v), [f for f in collateral(v) if "crl" not in f]):
        code, said = judge(genoa, files + vek)
        check(f"revoked ASK: {said.get('reason')}", code == 1 and said.get("reason") in
              ("certificate-signature", "certificate-revoked"))


if not os.path.exists(f"{FOLDER}/INDEX.json"):
    print("skipped: SEALRING_VECTORS has no captured evidence")
    sys.exit(77)
INDEX = json.load(open(f"{FOLDER}/INDEX.json"))
VECTORS = INDEX["vectors"]
POLICY = {"version": 1, "number": 1, "previous": "0" * 64, "min_epoch": 1, "channel_binding": "optional", "release": [],
          "tenants": []}
with_evidence = [v for v in VECTORS if evidence(v)]
accepted = [v for v in with_evidence if v["expected"]["verdict_strict_policy"] == "accept"]
verdicts(with_evidence)
known = ACCEPTED + list(REASONS) + OTHERS
for id in {v["id"] for v in VECTORS} ^ set(known):
    check(f"{id} is not once in the index and once in the table", False)
check("nothing is twice in the table", len(known) == len(set(known)))
check("accepted", {v["id"] for v in accepted} == set(ACCEPTED))
forms(accepted)
tpm([v for v in json.load(open(f"{FOLDER}/INDEX-b.json")) if v["id"].startswith("tpm-")])
bad_collateral(INDEX)
revoked_ca()
for id in ("snp/genoa-v5-oak", "tdx/v5-90c06f-gotdx", "sgx/v3-00706a-cmc-uptodate"):
    numbers_count(next(v for v in accepted if v["id"] == id))
for v in accepted:
    exhaustive = v["id"] in EVERY_BIT
    changed(v, "bits", 1 if exhaustive or FULL else 97)
    changed(v, "lengths", 1)
for v in accepted:
    if v["id"] in EVERY_BIT:
        changed(v, "mutate", 20000 if not FULL else 200000)
        changed(v, "files", 7 if FULL else 601)
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
