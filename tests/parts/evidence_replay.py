"""evidence_replay.py REPLAY - captured SNP, TDX and SGX evidence before a member's own appraiser and policy, as a joiner's and
as a workload's, over its own report data: who is let in, and that it is this root, this report data, this measurement
and this key that decide. The evidence is not part of the tree: SEALRING_VECTORS names its folder (../shared/vectors
unless set)."""
import calendar
import json
import os
import subprocess
import sys
import tempfile
import time

REPLAY = sys.argv[1]
FOLDER = os.environ.get("SEALRING_VECTORS", "../shared/vectors")
MEASUREMENT = {"snp": (144, 48), "sgx": (64, 32), "tdx": (136, 48)}  # within the report
passed = failed = 0


def check(what, good):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED:", what)


def kind(v):
    return {"sev-snp": "snp"}.get(v["tee"], v["tee"])


def path_of(v):
    return f"{FOLDER}/{v['files'].get('report') or v['files'].get('quote')}"


def measurement(v, raw):
    at, n = MEASUREMENT[kind(v)]
    if kind(v) != "snp":
        at += 54 if raw[0] == 5 else 48  # the header, and in version 5 a descriptor
    return raw[at:at + n].hex()


def rule(v, claims, **more):
    return {"name": "r", "type": kind(v), "where": claims, **more}


def policy(v, claims, keys="app/*"):
    return {"version": 1, "number": 1, "previous": "0" * 64, "min_epoch": 1, "channel_binding": "optional", "join": [rule(v, claims)],
            "release": [rule(v, claims, tenant="demo", keys=[keys], usages=["secret"])],
            "tenants": [{"name": "demo", "admins": ["11" * 32], "max_secrets": 1, "max_bytes": 1000}]}


def ask(v, document, roots=None, rd="own", collateral=True):
    moment = v.get("verify_time") or "2024-01-01T00:00:00Z"
    files = [f"{FOLDER}/{p}" for k, p in v["files"].items() if k not in ("report", "quote") and "inside" not in p]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
        f.write(json.dumps(document, sort_keys=True, separators=(",", ":")))
        f.flush()
        r = subprocess.run([REPLAY, kind(v), str(calendar.timegm(time.strptime(moment, "%Y-%m-%dT%H:%M:%SZ"))), roots or kind(v), rd,
                            f.name, path_of(v), *(files if collateral else [])], capture_output=True, text=True, timeout=60)
    return r.stdout.split() if r.returncode == 0 else [r.stderr.strip()]


def genuine(v):
    m = measurement(v, open(path_of(v), "rb").read())
    claims = [{"claim": "measurement", "op": "eq", "value": m}, {"claim": "debug", "op": "eq", "value": False}]
    good = policy(v, claims)
    other = policy(v, [{**claims[0], "value": ("00" if m[:2] != "00" else "01") + m[2:]}, claims[1]])
    rows = [("joins and fetches", ask(v, good), ["none", "none"]),
            ("over other report data", ask(v, good, rd="other"), ["report-data"] * 2),
            ("of another measurement", ask(v, other), ["no-rule"] * 2),
            ("another key", ask(v, policy(v, claims, "web/*")), ["none", "key-denied"]),
            ("in a network of another vendor", ask(v, good, roots="tdx" if kind(v) == "snp" else "snp"), ["certificate-anchor"] * 2),
            ("in a network that names no root of it", ask(v, good, roots="tpm"), ["certificate-anchor"] * 2)]
    for what, got, want in rows:
        check(f"{v['id']}: {what}: {got}, not {want}", got == want)
    got = ask(v, good, collateral=False)
    check(f"{v['id']}: without collateral: {got}", len(got) == 2 and "none" not in got)


def refused(v):
    """What the baseline refuses, a policy that asks for the same refuses as well."""
    bounds = {"snp": [("debug", False), ("migrate_ma", False)], "sgx": [("debug", False)],
              "tdx": [("debug", False), ("migratable", False), ("sept_ve_disable", True), ("service_td", False)]}[kind(v)]
    claims = [{"claim": c, "op": "eq", "value": x} for c, x in bounds]
    if kind(v) != "snp":
        claims.append({"claim": "tcb.status", "op": "in", "value": ["UpToDate", "SWHardeningNeeded"]})
    got = ask(v, policy(v, claims))
    check(f"{v['id']}: {got}", len(got) == 2 and "none" not in got)


if not os.path.exists(f"{FOLDER}/INDEX.json"):
    print("skipped: SEALRING_VECTORS has no captured evidence")
    sys.exit(77)
for one in json.load(open(f"{FOLDER}/INDEX.json"))["vectors"]:
    if (one["files"].get("report") or one["files"].get("quote")) is None or one["tee"] not in ("sev-snp", "tdx", "sgx"):
        continue
    (genuine if one["expected"]["verdict_strict_policy"] == "accept" else refused)(one)
check(f"{passed} answers: fewer than there are", passed > 100)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
