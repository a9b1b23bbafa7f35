"""kbs_replay.py REPLAY - evidence of real kinds through the whole of the KBS protocol over HTTP: auth, attest with the JSON that
each attester writes, the policy, the reply opened with the guest's key. Evidence of our own answers the challenge of the day;
captured evidence can not, so there the member expects the report data that it holds, at the moment that the record names
(kbs_replay.c). Then one bit of it is another. Captured evidence is not part of the tree: SEALRING_VECTORS names its folder
(../shared/vectors unless set)."""
import base64
import calendar
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, "tests/e2e")
try:
    from kbs_client import EcKey, Http, RsaKey, compact, is_error, jcs, open_reply
except ImportError:
    print("skipped: no python3-cryptography")
    sys.exit(77)

REPLAY = sys.argv[1]
FOLDER = os.environ.get("SEALRING_VECTORS", "../shared/vectors")
SECRET = b"the key of the disk"
passed = failed = skipped = 0


def check(what, good, more=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED:", what, str(more)[:300])


# ---- evidence as attesters write it ----

def number(raw, at, n):
    return int.from_bytes(raw[at:at + n], "little")


def tcb(raw, at):
    """Of Milan and Genoa; Turin has a fifth part and another order."""
    t = raw[at:at + 8]
    if raw[0x188] == 0x1a:
        return {"fmc": t[0], "bootloader": t[1], "tee": t[2], "snp": t[3], "microcode": t[7]}
    return {"fmc": None, "bootloader": t[0], "tee": t[1], "snp": t[6], "microcode": t[7]}


def firmware(raw, at):
    return {"major": raw[at + 2], "minor": raw[at + 1], "build": raw[at]}


def snp_json(raw):
    """A report as crate sev decodes it (facts of the protocol, 2.4)."""
    numbers = {"version": (0, 4), "guest_svn": (4, 4), "policy": (8, 8), "vmpl": (0x30, 4), "sig_algo": (0x34, 4), "plat_info": (0x40, 8), "key_info": (0x48, 4)}
    blobs = {"family_id": (0x10, 16), "image_id": (0x20, 16), "report_data": (0x50, 64), "measurement": (0x90, 48), "host_data": (0xc0, 32),
             "id_key_digest": (0xe0, 48), "author_key_digest": (0x110, 48), "report_id": (0x140, 32), "report_id_ma": (0x160, 32), "chip_id": (0x1a0, 64)}
    report = {k: number(raw, *v) for k, v in numbers.items()} | {k: list(raw[at:at + n]) for k, (at, n) in blobs.items()}
    for name, at in (("current_tcb", 0x38), ("reported_tcb", 0x180), ("committed_tcb", 0x1e0), ("launch_tcb", 0x1f0)):
        report[name] = tcb(raw, at)
    report["current"], report["committed"] = firmware(raw, 0x1e8), firmware(raw, 0x1ec)
    old = report["version"] < 3
    for i, name in enumerate(("cpuid_fam_id", "cpuid_mod_id", "cpuid_step")):
        report[name] = None if old else raw[0x188 + i]
    if report["version"] >= 5:
        report["launch_mit_vector"], report["current_mit_vector"] = number(raw, 0x1f8, 8), number(raw, 0x200, 8)
    report["signature"] = {"r": list(raw[0x2a0:0x2e8]), "s": list(raw[0x2e8:0x330])}
    return {"attestation_report": report, "cert_chain": None}


def evidence_json(tee, raw):
    if tee == "snp":
        return snp_json(raw)
    quote = base64.b64encode(raw).decode()
    return {"cc_eventlog": None, "quote": quote} if tee == "tdx" else {"quote": quote}


# ---- a member, and a guest at it ----

class Member:
    def __init__(self, *args):
        self.p = subprocess.Popen([REPLAY, *map(str, args)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        said = self.p.stdout.readline().split()
        self.url = f"http://127.0.0.1:{said[1]}" if said[:1] == ["ready"] else None

    def evidence(self, rd):
        self.p.stdin.write(f"evidence {rd.hex()}\n")
        self.p.stdin.flush()
        return bytes.fromhex(self.p.stdout.readline())

    def end(self):
        self.p.stdin.close()
        return self.p.wait(30)


class Guest:
    def __init__(self, member, tee, key=None):
        self.http, self.tee, self.key = Http(member.url), tee, key or EcKey()
        status, data = self.http("POST", "/kbs/v0/auth", {"version": "0.4.0", "tee": tee, "extra-params": ""})
        self.nonce = json.loads(data)["nonce"] if status == 200 else None

    def report_data(self):
        return hashlib.sha384(jcs({"additional-evidence": "", "nonce": self.nonce, "tee-pubkey": self.key.jwk()}).encode()).digest()

    def attest(self, evidence):
        body = {"init-data": None, "runtime-data": {"nonce": self.nonce, "tee-pubkey": self.key.jwk()},
                "tee-evidence": {"primary_evidence": evidence, "additional_evidence": ""}}
        return self.http("POST", "/kbs/v0/attest", body)

    def get(self, path="acme/replay/one"):
        return self.http("GET", f"/kbs/v0/resource/{path}")


def reason(data):
    """The detail ends in it, and the request's id."""
    return json.loads(data)["detail"].rsplit(" (request", 1)[0].rsplit(": ", 1)[1] if is_error(data) else None


def accepted(what, member, tee, evidence_for, keys=(EcKey,)):
    for key in keys:
        guest = Guest(member, tee, key())
        status, data = guest.attest(evidence_for(guest))
        check(f"{what}: attested", status == 200 and "token" in json.loads(data), data)
        status, data = guest.get()
        check(f"{what}: the resource, sealed to the guest's key", status == 200 and open_reply(data, guest.key) == SECRET, data)
        status, data = guest.get("acme/other/one")
        check(f"{what}: and no other", status == 403 and is_error(data, "PolicyDeny"), data)
        token = json.loads(guest.attest(evidence_for(guest))[1])
        check(f"{what}: once", "token" not in token, token)


def refused(what, member, tee, evidence, reasons):
    guest = Guest(member, tee)
    status, data = guest.attest(evidence(guest) if callable(evidence) else evidence)
    check(f"{what}: {reason(data)}, of {reasons}", status in (400, 403) and is_error(data, "AttestationError") and reason(data) in reasons, (status, data))
    status, data = guest.get()
    check(f"{what}: and no resource", status == 401 and is_error(data, "TokenNotFound"), data)


def flipped(raw, bit):
    raw = bytearray(raw)
    raw[bit // 8] ^= 1 << bit % 8
    return bytes(raw)


# Bytes that are signed and that the attester's JSON has: of an SNP report the gaps between fields are not there.
FIELDS = {"snp": [(0x10, 0x30), (0x50, 0x180), (0x1a0, 0x1e0)], "tdx": [(48, 632)], "sgx": [(48, 432)]}
REPORT_DATA = {"snp": 0x50, "tdx": 48 + 520, "sgx": 48 + 320}
MEASUREMENT = {"snp": 0x90, "tdx": 48 + 136, "sgx": 48 + 64}
# What a changed bit is refused for: it is about something else, is not signed by its key, or says itself what is wrong with it.
BROKEN = {"snp": "report-signature", "tdx": "quote-signature", "sgx": "quote-signature"}
OTHERS = {"snp": {"chip-id"}, "tdx": set(), "sgx": {"quote-format"}}


def bits(tee, rng, count, shift=0):
    """The report data, the measurement, and some others; with the reasons that may refuse each."""
    spots = [x for a, b in FIELDS[tee] for x in range(a + shift, b + shift)]
    yield 8 * (REPORT_DATA[tee] + shift), {"report-data"}
    yield 8 * (MEASUREMENT[tee] + shift), {BROKEN[tee]}
    for _ in range(count):
        yield 8 * rng.choice(spots) + rng.randrange(8), {BROKEN[tee], "report-data"} | OTHERS[tee]


def synthetic(tee):
    folder = tempfile.mkdtemp(prefix="kbs-replay-")
    member = Member(tee, "made", folder)
    check(f"{tee}: a member", member.url)
    good = lambda guest: evidence_json(tee, member.evidence(guest.report_data()))
    accepted(f"{tee}, made", member, tee, good, (EcKey, lambda: RsaKey("RSA-OAEP-256")))
    refused(f"{tee}, over another key", member, tee, lambda guest: evidence_json(tee, member.evidence(Guest(member, tee).report_data())), {"report-data"})
    refused(f"{tee}, over nothing", member, tee, lambda guest: evidence_json(tee, member.evidence(bytes(48))), {"report-data"})
    raw = member.evidence(bytes(48))
    rng = random.Random(tee)
    for bit, why in bits(tee, rng, 20):
        refused(f"{tee}: bit {bit}", member, tee, lambda guest: evidence_json(tee, flipped(member.evidence(guest.report_data()), bit)), why)
    refused(f"{tee}, no evidence", member, tee, {}, {"kbs-format"})
    refused(f"{tee}, cut short", member, tee, evidence_json(tee, raw[:-64]) if tee != "snp" else {"attestation_report": {}, "cert_chain": None}, {"kbs-format", "evidence-format", "quote-format"})
    check(f"{tee}: the member ends well", member.end() == 0)
    shutil.rmtree(folder)


def captured(v):
    tee = {"sev-snp": "snp"}.get(v["tee"], v["tee"])
    path = f"{FOLDER}/{v['files'].get('report') or v['files'].get('quote')}"
    raw = open(path, "rb").read()
    folder = tempfile.mkdtemp(prefix="kbs-replay-")
    for k, p in v["files"].items():
        if k not in ("report", "quote") and "inside" not in p:
            shutil.copy(f"{FOLDER}/{p}", folder)
    moment = v.get("verify_time") or "2024-01-01T00:00:00Z"
    shift = 6 if tee == "tdx" and raw[0] == 5 else 0
    at = MEASUREMENT[tee] + shift
    measurement = raw[at:at + (32 if tee == "sgx" else 48)].hex()
    member = Member(tee, "captured", calendar.timegm(time.strptime(moment, "%Y-%m-%dT%H:%M:%SZ")), tee, measurement, path, folder)
    check(f"{v['id']}: a member", member.url)
    evidence = evidence_json(tee, raw if tee != "snp" else raw[:1184])
    if v["expected"]["verdict_strict_policy"] == "accept":
        accepted(v["id"], member, tee, lambda guest: evidence)
        rng = random.Random(v["id"])
        for bit, why in bits(tee, rng, 4, shift):
            refused(f"{v['id']}: bit {bit}", member, tee, evidence_json(tee, flipped(raw, bit)[:1184 if tee == "snp" else None]), why)
    check(f"{v['id']}: the member ends well", member.end() == 0)
    shutil.rmtree(folder)


def attesters_own():
    """What an attester wrote, with its chip's certificate in it; only AMD's own are the member's."""
    evidence = json.load(open(f"{FOLDER}/kbs/snp/kbs-evidence-snp-v3-genoa.json"))
    raw = f"{FOLDER}/kbs/snp/kbs-evidence-snp-v3-genoa.rebuilt-report.bin"
    check("the attester's JSON is what our reading of a report gives",
          {k: v for k, v in snp_json(open(raw, "rb").read())["attestation_report"].items()} == evidence["attestation_report"])
    folder = tempfile.mkdtemp(prefix="kbs-replay-")
    for name in "genoa_ask.pem", "genoa_ark.pem":
        shutil.copy(f"{FOLDER}/snp/roots/{name}", folder)
    measurement = bytes(evidence["attestation_report"]["measurement"]).hex()
    member = Member("snp", "captured", calendar.timegm((2026, 1, 1, 0, 0, 0)), "snp", measurement, raw, folder)
    accepted("an attester's own", member, "snp", lambda guest: evidence)
    refused("without its certificate", member, "snp", evidence | {"cert_chain": None}, {"collateral-missing"})
    bad = json.loads(json.dumps(evidence))
    bad["cert_chain"][0]["data"][700] ^= 1
    refused("with a bit of it changed", member, "snp", bad, {"certificate-signature"})
    bad = json.loads(json.dumps(evidence))
    bad["attestation_report"]["measurement"][0] ^= 1
    refused("with another measurement", member, "snp", bad, {"report-signature"})
    check("an attester's own: the member ends well", member.end() == 0)
    shutil.rmtree(folder)


for one in ("snp", "tdx", "sgx"):
    synthetic(one)
if os.path.exists(f"{FOLDER}/INDEX.json"):
    before = passed
    for one in json.load(open(f"{FOLDER}/INDEX.json"))["vectors"]:
        if (one["files"].get("report") or one["files"].get("quote")) is not None and one["tee"] in ("sev-snp", "tdx", "sgx"):
            captured(one)
    attesters_own()
    check(f"{passed - before} answers over captured evidence: fewer than there are", passed - before > 50)
else:
    skipped = 1
    print("skipped: no captured evidence (SEALRING_VECTORS): only what was made here went through")
print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
sys.exit(failed > 0)
