"""evidence_differential.py TOOL WORLD FOLDER [MUTANTS] - our verifiers against other implementations, on captured evidence,
on made-up worlds, and on mutants of both: the same verdict, the same TCB status, the same advisories; what differs is
explained in a table below. The others are in FOLDER (differential_setup.sh puts them there): dcap-qvl for TDX and SGX,
go-sev-guest for SNP. Without them this says so and is skipped. TOOL: evidence_tool, WORLD: evidence_world."""
import base64
import calendar
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

TOOL, WORLD, OTHERS = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
MUTANTS = int(sys.argv[4]) if len(sys.argv) > 4 else 60
VECTORS = os.environ.get("SEALRING_VECTORS", "../shared/vectors")
R = random.Random(11)
sys.path.insert(0, str(OTHERS / "python"))
try:
    import dcap_qvl
except ImportError:
    dcap_qvl = None

# Reviewed: (other, what of ours, words of theirs, where the change must lie) that may differ, and why. Ours is a reason code
# or "none"; where is a part of the evidence, "" anywhere. In all of these ours refuses more, but for what they do not know.
EXPLAINED = [
    ("snp", "none", "root of trust missing intermediate certificate authority certificate for key VLEK", "",
     "it has no VLEK certificates of AMD's built in"),
    ("snp", "none", 'no embedded roots available for product line: "Unknown"', "", "it does not know Bergamo's and Siena's CPUID"),
    ("snp", "none", "not an AMD KDS OID: 1.3.6.1.4.1.3704.1.3.9", "", "it does not know Turin's FMC"),
    ("snp", "collateral-missing", "ok", "", "it has AMD's CAs built in and does not look at those beside the report"),
    ("snp", "report-format", "ok", "behind", "it takes bytes behind R and S, and behind a report, that nothing signs"),
    ("dcap", "quote-format", "ok", "behind", "it takes bytes behind a quote that are not padding, which nothing signs"),
    ("dcap", "quote-format", "ok", "size", "it takes certification data that do not end with the quote"),
    ("dcap", "certification-data", "ok", "text", "it takes other characters where PEM has its line ends"),
    ("dcap", "certification-data", "ok", "root", "it has Intel's root built in and does not look at the one in a quote"),
    ("dcap", "certificate-format", "ok", "root", "as above"),
    ("dcap", "certificate-signature", "ok", "root", "as above"),
    ("dcap", "certificate-anchor", "ok", "root", "as above"),
    ("dcap", "collateral-missing", "ok", "envelope", "the object is taken out of its envelope for it, by this script"),
]
explained = {}
passed = failed = 0
d = tempfile.TemporaryDirectory()


def check(what, good):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED:", what)


def compare(other, what, ours, theirs, where=""):
    """ours: (reason, status, advisories). theirs: ("ok", status, advisories), or ("no", words)."""
    agree = (ours[0] == "none") == (theirs[0] == "ok")
    if agree and theirs[0] == "ok" and other == "dcap":
        agree = ours[1] == theirs[1] and set(ours[2].split(",")) - {"-"} == set(theirs[2])
    words = "ok" if theirs[0] == "ok" else theirs[1]
    if not agree:
        for i, (o, reason, part, place, _) in enumerate(EXPLAINED):
            if o == other and reason == ours[0] and part in words and place in ("", where):
                explained[i] = explained.get(i, 0) + 1
                agree = True
                break
    check(f"{other} {what} {where}: ours {ours}, theirs {theirs}", agree)


def moment(text):
    return calendar.timegm(time.strptime(text or "2024-01-01T00:00:00Z", "%Y-%m-%dT%H:%M:%SZ"))


class Ours:
    def __init__(self, type, at, evidence, files, root=None):
        self.p = subprocess.Popen([TOOL, type + (f"@{root}" if root else ""), str(at), "any", "serve", "0", "0", evidence, evidence,
                                   *files], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.p.stdin.write(line + "\n")
        self.p.stdin.flush()
        return self.p.stdout.readline().split()

    def end(self):
        self.p.stdin.close()
        check("evidence_tool's end", self.p.wait() == 0)


def mutants(data, certs_at=None):
    """Bits flipped, bytes set, pieces moved and doubled, cut and padded."""
    for _ in range(MUTANTS):
        b, how, at = bytearray(data), R.randrange(8), R.randrange(len(data))
        if certs_at and how < 4:
            at = R.randrange(certs_at)
        if how < 4:
            b[at] ^= 1 << R.randrange(8)
        elif how == 4:
            n = R.randrange(1, 9)
            b[at:at + n] = bytes([R.choice([0, 1, 0x7f, 0x80, 0xff])]) * len(b[at:at + n])
        elif how == 5:
            n, to = R.randrange(1, 65), R.randrange(len(b))
            b[to:to + n] = b[at:at + n][:len(b[to:to + n])].ljust(len(b[to:to + n]), b"\0")
        elif how == 6:
            b = b[:at]
        else:
            b += bytes([R.choice([0, 0xff])]) * R.randrange(1, 65)
        if b != data:
            yield bytes(b)


# ---- TDX and SGX ----

def pem(der):
    return f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der).decode()}-----END CERTIFICATE-----\n"


def signed(raw, member):
    at = raw.index(f'"{member}":') + len(member) + 3
    _, n = json.JSONDecoder().raw_decode(raw[at:])
    return raw[at:at + n], bytes.fromhex(json.loads(raw)["signature"])


class Dcap:
    """files: root_ca, tcb_signing_cert, root_crl, pck_crl, tcb_info, qe_identity."""
    NAMES = ["root_ca", "tcb_signing_cert", "root_crl", "pck_crl", "tcb_info", "qe_identity"]

    def __init__(self, what, type, quote, at, files, own_root=False):
        self.what, self.at, self.files = what, at, {n: pathlib.Path(files[n]).read_bytes() for n in self.NAMES}
        self.quote = pathlib.Path(quote).read_bytes()
        auth = 48 + (6 if self.quote[0] == 5 else 0) + {0: 384, 0x81: 584}[self.quote[4]] + (64 if self.quote[0] == 5 and self.quote[48] == 3 else 0)
        self.end = auth + 4 + int.from_bytes(self.quote[auth:auth + 4], "little")  # without padding
        self.root = self.files["root_ca"] if own_root else None
        self.ours = Ours(type, at, quote, [files[n] for n in self.NAMES], files["root_ca"] if own_root else None)

    def theirs(self, quote, files, at):
        try:
            chain = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", self.quote.decode("latin1"), re.S)
            root = pem(files["root_ca"])
            info, info_sig = signed(files["tcb_info"].decode(), "tcbInfo")
            qe, qe_sig = signed(files["qe_identity"].decode(), "enclaveIdentity")
            c = dcap_qvl.QuoteCollateralV3(
                pck_crl_issuer_chain="".join(chain[1:]), root_ca_crl=files["root_crl"], pck_crl=files["pck_crl"],
                tcb_info_issuer_chain=pem(files["tcb_signing_cert"]) + root, tcb_info=info, tcb_info_signature=info_sig,
                qe_identity_issuer_chain=pem(files["tcb_signing_cert"]) + root, qe_identity=qe, qe_identity_signature=qe_sig)
            r = dcap_qvl.verify_with_root_ca(quote, c, self.root, at) if self.root else dcap_qvl.verify(quote, c, at)
            return "ok", r.status, r.advisory_ids
        except (ValueError, KeyError, UnicodeDecodeError) as e:
            return "no", str(e).replace("\n", " ")

    def place(self, quote):
        """Where the first change lies."""
        at = next((i for i, (a, b) in enumerate(zip(quote, self.quote)) if a != b), len(self.quote))
        ends = [m.end() for m in re.finditer(rb"-----END CERTIFICATE-----", self.quote)]
        begin = self.quote.index(b"-----BEGIN")
        for place, start in (("behind", self.end), ("root", ends[1]), ("text", begin), ("size", begin - 4)):
            if at >= start:
                return place
        return f"at {at}"

    def same(self, what, line, quote=None, files=None, at=None, place=""):
        compare("dcap", f"{self.what} {what}", self.ours.ask(line), self.theirs(quote or self.quote, files or self.files, at or self.at),
                self.place(quote) if quote else place)

    def run(self, changed):
        self.same("as it is", "E " + self.quote.hex())
        for day in (-4000, -400, -40, -4, 4, 40, 400, 4000) if changed else ():
            at = self.at + day * 86400
            self.same(f"{day} days off", f"T {at}", at=at)
        for q in mutants(self.quote) if changed else ():
            self.same("a changed quote", "E " + q.hex(), quote=q)
        for _ in range(MUTANTS // 2 if changed else 0):
            i = R.randrange(2, len(self.NAMES))  # their roots are built in
            data = bytearray(self.files[self.NAMES[i]])
            at = R.randrange(len(data))
            inside = i < 4 or data.index(b":") < at < data.rindex(b'"signature"')
            data[at] ^= 1 << R.randrange(8)
            self.same(f"a changed {self.NAMES[i]}", f"F {i} {data.hex()}", files={**self.files, self.NAMES[i]: bytes(data)},
                      place="" if inside else "envelope")
        self.ours.end()


def dcap_captured(vectors):
    for v in vectors:
        files = {k: f"{VECTORS}/{p}" for k, p in v["files"].items()}
        if v["tee"] in ("tdx", "sgx") and all(n in files for n in Dcap.NAMES):
            Dcap(v["id"], v["tee"], files["quote"], moment(v.get("verify_time")), files).run(
                v["expected"]["verdict_strict_policy"] == "accept")


def dcap_made():
    changes = ["none", "log", "debug", "migratable", "sept-ve-disable", "service-td", "hardening", "tcb-status", "revoked"]
    for type, version in (("sgx", 3), ("tdx", 4), ("tdx", 5)):
        for change in changes:
            if (type == "sgx" and change in ("log", "migratable", "sept-ve-disable", "service-td")) or (version == 4 and change == "service-td"):
                continue
            w = pathlib.Path(d.name, f"{type}{version}{change}")
            subprocess.run([WORLD, type, str(version), change, w], check=True)
            names = dict(zip(Dcap.NAMES, ("root", "signer", "root-crl", "ca-crl", "tcb", "qe")))
            files = {n: str(w / "collateral" / f) for n, f in names.items()}
            Dcap(f"{type} {version} {change}", type, str(w / "evidence"), 1800000000, files, True).run(change in ("none", "hardening"))


# ---- SNP ----

def der_file(path):
    raw = pathlib.Path(path).read_bytes()
    if raw[:1] == b"-":
        body = re.search(rb"-----BEGIN CERTIFICATE-----(.*?)-----END", raw, re.S).group(1)
        raw = base64.b64decode(body)
    out = pathlib.Path(d.name, path.replace("/", "_"))
    out.write_bytes(raw)
    return str(out)


def snp_captured(vectors):
    other = subprocess.Popen([OTHERS / "snp_judge"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    for v in vectors:
        f = v["files"]
        if v["tee"] != "sev-snp" or "report" not in f or "vek" not in f:
            continue
        at, report = moment(v.get("verify_time")), pathlib.Path(VECTORS, f["report"]).read_bytes()
        certs = [der_file(f"{VECTORS}/{f[k]}") for k in ("vek", "ica", "root")]
        ours = Ours("snp", at, f"{VECTORS}/{f['report']}", certs)

        def same(what, data, at=at, certs=certs, ours=ours, v=v):
            other.stdin.write(" ".join([data.hex() or "00", str(at), *certs, "SEV_PRODUCT_" + v["product"].upper()]) + "\n")
            other.stdin.flush()
            word, _, words = other.stdout.readline().strip().partition(" ")
            said = ours.ask("E " + data.hex()) if what != "another time" else ours.ask(f"T {at}")
            first = next((i for i, (a, b) in enumerate(zip(data, report)) if a != b), len(report))
            compare("snp", f"{v['id']} {what}", said, ("ok", None, None) if word == "ok" else ("no", words),
                    "behind" if first >= 0x2a0 + 144 else f"at {first}")
        same("as it is", report)
        for day in (-4000, -1000, 1000, 4000):
            same("another time", report, at=at + day * 86400)
        if v["expected"]["verdict_strict_policy"] == "accept":
            for data in mutants(report):
                same("a changed report", data)
        ours.end()
    other.stdin.close()
    other.wait()


VECTORS_LIST = json.load(open(f"{VECTORS}/INDEX.json"))["vectors"] if os.path.exists(f"{VECTORS}/INDEX.json") else []
if not VECTORS_LIST:
    print("SKIPPED in part: SEALRING_VECTORS has no captured evidence")
if dcap_qvl:
    dcap_captured(VECTORS_LIST)
    dcap_made()
else:
    print("SKIPPED in part: dcap-qvl is not installed, nobody to compare TDX and SGX with (differential_setup.sh)")
if (OTHERS / "snp_judge").exists():
    snp_captured(VECTORS_LIST)
else:
    print("SKIPPED in part: go-sev-guest is not built, nobody to compare SNP with (differential_setup.sh)")
for i, n in sorted(explained.items()):
    print(f"{n} differ: ours {EXPLAINED[i][1]}, theirs \"{EXPLAINED[i][2]}\": {EXPLAINED[i][4]}")
if not passed and not failed:
    print("SKIPPED: no other implementation is installed; tests/parts/differential_setup.sh FOLDER installs two")
    sys.exit(77)
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
