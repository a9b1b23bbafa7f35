"""verify_evidence.py SEALRING WORLD SOURCE - `sealring verify-evidence` from outside, on evidence that WORLD (the tool
evidence_world) makes: forms of input, folders of collateral, the JSON that comes out, exit codes, each option, each row
of the baseline and the strict set, and policies that are stricter than the vendor."""
import base64
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

SEALRING, WORLD, SOURCE = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
NOW = "2027-01-15T08:00:00Z"
VERSIONS = {"snp": "5", "tdx": "5", "sgx": "3"}
CODES = set(re.findall(r"^\| `([a-z0-9-]+)` \|", (SOURCE / "specs/reasons.md").read_text(), re.M))
R = random.Random(4)
passed = failed = 0
tmp = tempfile.TemporaryDirectory()
made = {}


def check(what, good):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED:", what)


def world(type, change="none", version=None):
    key = f"{type}-{version or VERSIONS[type]}-{change}"
    if key not in made:
        made[key] = pathlib.Path(tmp.name) / key
        subprocess.run([WORLD, type, version or VERSIONS[type], change, made[key]], check=True)
    return made[key]


def run(*args, at=NOW):
    args = [str(a) for a in args]
    r = subprocess.run([SEALRING, "verify-evidence", *(["--at", at] if at else []), *args], capture_output=True, text=True, timeout=60)
    return r.returncode, r.stdout, r.stderr


def judge(w, type, *more, at=NOW, file=None, collateral=None, json_out=True):
    code, out, err = run("--type", type, "--collateral", collateral or w / "collateral", "--vendor-root", w / "root.pem",
                         *(["--json"] if json_out else []), *more, file or w / "evidence", at=at)
    return (code, json.loads(out) if json_out and out.startswith("{") else out or err)


def schema(what, code, j):
    """specs/appraisal.md, "Output"."""
    check(f"{what}: members {sorted(j)}", sorted(j) == ["appraisal", "checks", "claims", "reason", "verdict"])
    check(f"{what}: verdict and exit", (j["verdict"], code) in (("accept", 0), ("reject", 1)))
    check(f"{what}: reason {j['reason']}", j["reason"] in CODES and (j["reason"] == "none") == (j["verdict"] == "accept"))
    for c in j["checks"]:
        has = c["outcome"] in ("failed", "waived")
        check(f"{what}: {c}", set(c) == {"name", "outcome"} | ({"reason"} if has else set()))
        check(f"{what}: {c}", c["outcome"] in ("passed", "failed", "not-reached", "waived", "not-asked"))
        check(f"{what}: {c}", not has or c["reason"] in CODES)
    first = [c["reason"] for c in j["checks"] if c["outcome"] == "failed"][:1]
    check(f"{what}: the first that failed says why", (first or ["none"]) == [j["reason"]])
    names = [c["name"] for c in j["checks"]]
    check(f"{what}: a name twice", len(names) == len(set(names)))
    for name, value in j["claims"].items():
        check(f"{what}: claim {name}", re.fullmatch(r"[a-z][a-z0-9._-]{0,30}", name) and isinstance(value, (str, int)))


def outcome(j, name):
    return next((c["outcome"] for c in j["checks"] if c["name"] == name), None)


def forms(type):
    w = world(type)
    raw = (w / "evidence").read_bytes()
    encoded = base64.b64encode(raw).decode()
    texts = {"raw": raw, "hex": raw.hex().encode(), "hex, capitals": raw.hex().upper().encode() + b"\n",
             "hex in lines": re.sub("(.{64})", r"\1\r\n", raw.hex()).encode(), "base64": encoded.encode(),
             "base64 in lines": re.sub("(.{76})", r"\1\n", encoded).encode() + b"\n\n"}
    for name, data in texts.items():
        (w / "form").write_bytes(data)
        code, j = judge(w, type, file=w / "form")
        check(f"{type} {name}: {code}", code == 0 and j["verdict"] == "accept")
    for name, data in {"odd hex": raw.hex()[:-1].encode(), "nothing": b"", "blanks": b" \n", "base64 cut": encoded[:-1].encode()}.items():
        (w / "form").write_bytes(data)
        check(f"{type} {name}: accepted", judge(w, type, file=w / "form")[0] != 0)


def folders(type):
    w = world(type)
    files = [f.read_bytes() for f in sorted((w / "collateral").iterdir())]
    label = {0: "CERTIFICATE"}
    for round in range(6):
        with tempfile.TemporaryDirectory() as d:
            order = files + [b"a text", b"", b"{}", b"-----BEGIN NOTHING-----\n", b"\x30\x82", bytes(300 << 10)]
            R.shuffle(order)
            for data in order:
                name = "".join(R.choices("abcXYZ019._- ", k=12)) + R.choice([".json", ".pem", ".der", ".crl", ".txt", ""])
                if round % 2 and data[:1] == b"\x30" and len(data) > 100:
                    body = base64.encodebytes(data).decode()
                    data = f"-----BEGIN {label[0]}-----\n{body}-----END {label[0]}-----\n".encode()
                pathlib.Path(d, "f" + name).write_bytes(data)
            os.mkdir(f"{d}/folder")
            code, j = judge(w, type, collateral=d)
            check(f"{type} folder {round}: {code} {j}"[:300], code == 0)
    with tempfile.TemporaryDirectory() as d:
        check(f"{type} no collateral", judge(w, type, collateral=d)[1]["reason"] == "collateral-missing")


def codes():
    w = world("snp")
    good = ["--type", "snp", "--collateral", w / "collateral", "--vendor-root", w / "root.pem"]
    rows = {
        "accept": (0, [*good, w / "evidence"]),
        "reject": (1, ["--type", "snp", "--collateral", w / "collateral", w / "evidence"]),  # not AMD's root
        "not evidence": (1, [*good, w / "root.pem"]),
        "no file": (2, good),
        "two files": (2, [*good, w / "evidence", w / "evidence"]),
        "a file that is not there": (2, [*good, w / "nothing"]),
        "a folder as file": (2, [*good, w]),
        "no type": (2, [w / "evidence"]),
        "a type that nobody verifies": (2, ["--type", "sev", w / "evidence"]),
        "collateral that is not there": (2, ["--type", "snp", "--collateral", w / "nothing", w / "evidence"]),
        "a day that is not": (2, [*good, "--at", "2027-02-31T00:00:00Z", w / "evidence"]),
        "no time": (2, [*good, "--at", "yesterday", w / "evidence"]),
        "a time with more": (2, [*good, "--at", NOW + " ", w / "evidence"]),
        "report data of 63 bytes": (2, [*good, "--report-data", "da" * 63, w / "evidence"]),
        "report data of 65 bytes": (2, [*good, "--report-data", "da" * 65, w / "evidence"]),
        "report data that is no hex": (2, [*good, "--report-data", "dx" * 64, w / "evidence"]),
        "an unknown waiver": (2, [*good, "--waive", "report-signature", w / "evidence"]),
        "a waiver of everything": (2, [*good, "--waive", "*", w / "evidence"]),
        "a policy that is not there": (2, [*good, "--policy", w / "nothing", w / "evidence"]),
        "a policy that is none": (2, [*good, "--policy", w / "root.pem", w / "evidence"]),
        "an event log for SNP": (2, [*good, "--event-log", w / "evidence", w / "evidence"]),
        "an option that is none": (2, [*good, "--force", w / "evidence"]),
    }
    for name, (want, args) in rows.items():
        code, _, err = run(*args, at=None if "--at" in args else NOW)
        check(f"{name}: {code}, not {want}: {err}", code == want and (want != 2 or err))


def options(type):
    w = world(type)
    for j_code in (judge(w, type), judge(w, type, at="2020-01-01T00:00:00Z")):
        schema(type, *j_code)
    right, wrong = "da" * 64, "da" * 63 + "db"
    code, j = judge(w, type, "--report-data", right)
    check(f"{type} report data: {code}", code == 0 and outcome(j, "report-data") == "passed")
    code, j = judge(w, type, "--report-data", right.upper())
    check(f"{type} report data in capitals: {code}", code == 0)
    code, j = judge(w, type, "--report-data", wrong)
    check(f"{type} wrong report data: {code}", code == 1 and j["reason"] == "report-data" and outcome(j, "report-data") == "failed")
    code, j = judge(w, type)
    check(f"{type} no report data asked", code == 0 and outcome(j, "report-data") == "not-asked")
    late, early = ("2027-04-25T08:00:00Z", "2027-04-25T08:00:01Z") if type == "snp" else ("2027-01-16T08:00:00Z", "2027-01-16T08:00:01Z")
    stale = "certificate-time" if type == "snp" else "collateral-time"
    check(f"{type} at the last second", judge(w, type, at=late)[0] == 0)
    check(f"{type} a second later", judge(w, type, at=early)[1]["reason"] == stale)
    _, text = judge(w, type, json_out=False)
    check(f"{type} text", text.startswith("accept (baseline appraisal)") and "report-data            not-asked" in text)


# check -> (type, the change of the world that fails it alone, reason)
ROWS = {
    ("snp", "debug"): ("debug", "debug"), ("snp", "migrate-ma"): ("migrate-ma", "migratable"),
    ("tdx", "debug"): ("debug", "debug"), ("tdx", "migratable"): ("migratable", "migratable"),
    ("tdx", "sept-ve-disable"): ("sept-ve-disable", "sept-ve-disable"), ("tdx", "service-td"): ("service-td", "service-td"),
    ("tdx", "tcb-status"): ("tcb-status", "tcb-status"), ("sgx", "tcb-status"): ("tcb-status", "tcb-status"),
    ("sgx", "debug"): ("debug", "debug"),
    ("snp", "vmpl-0"): ("vmpl-0", "vmpl"), ("snp", "alias-check"): ("alias-check", "alias-check"), ("snp", "no-milan"): ("milan", "product"),
    ("tdx", "up-to-date"): ("hardening", "tcb-status"), ("sgx", "up-to-date"): ("hardening", "tcb-status"),
}


def appraisal():
    text = (SOURCE / "proto/appraisal.c").read_text()
    rows = re.findall(r'\{ APPRAISAL_(\w+),\s*"(\w+)",\s*"([a-z0-9-]+)"', text)
    readme = (SOURCE / "README.md").read_text()
    spec = (SOURCE / "specs/appraisal.md").read_text()
    check("every row of the appraisal has one here", {(t, c) for _, t, c in rows} == set(ROWS))
    for set_, type, name in rows:
        strict = set_ == "STRICT"
        change, reason = ROWS[type, name]
        w = world(type, change)
        check(f"{name}: README explains it", not strict or f"| `{name}` |" in readme)
        check(f"{name}: specs/appraisal.md has it", re.search(rf"^\| {set_.lower()} \|[a-z, ]*\b{type}\b[a-z, ]*\| `{name}` \|", spec, re.M))
        code, j = judge(w, type)
        check(f"{type} {change} baseline: {code} {j['reason']}", code == (not strict) and (strict or j["reason"] == reason))
        code, j = judge(w, type, "--policy", "strict")
        schema(f"{type} {change} strict", code, j)
        check(f"{type} {change} strict: {code} {j['reason']}", code == 1 and j["reason"] == reason and outcome(j, name) == "failed")
        waive = ["--waive", name] + (["--waive", "up-to-date"] if name == "tcb-status" else [])
        code, j = judge(w, type, "--policy", "strict", *waive)
        schema(f"{type} {change} waived", code, j)
        check(f"{type} {change} waived: {code} {j['reason']}", code == 0 and outcome(j, name) == "waived")
        _, out = judge(w, type, "--policy", "strict", *waive, json_out=False)
        check(f"{type} {change} waived in text", re.search(rf"{name} +waived: {reason}", out))
        other = world(type, "turin" if type == "snp" else "none")
        code, j = judge(other, type, "--policy", "strict", *waive)
        check(f"{type} {name}: a waiver that was not needed", code == 0 and outcome(j, name) == "passed" and j["appraisal"] == "strict")


def policies():
    """Stricter than the vendor: by advisory, by date, by machine, by product."""
    hard, genoa, milan = world("tdx", "hardening"), world("snp"), world("snp", "milan")
    _, j = judge(hard, "tdx")
    c = j["claims"]
    chip = judge(genoa, "snp")[1]["claims"]["hardware"]
    rows = [
        (hard, "tdx", [("tcb.status", "in", ["UpToDate", "SWHardeningNeeded"])], True),
        (hard, "tdx", [("tcb.status", "eq", "UpToDate")], False),
        (hard, "tdx", [("tcb.advisories", "subset", ["INTEL-SA-00615", "INTEL-SA-00657", "INTEL-SA-00837"])], True),
        (hard, "tdx", [("tcb.advisories", "subset", ["INTEL-SA-00615"])], False),
        (hard, "tdx", [("tcb.advisories", "subset", [])], False),
        (world("tdx"), "tdx", [("tcb.advisories", "subset", [])], True),
        (hard, "tdx", [("tcb.advisories", "none-of", ["INTEL-SA-00837"])], True),
        (hard, "tdx", [("tcb.advisories", "none-of", ["INTEL-SA-00837", "INTEL-SA-00657"])], False),
        (hard, "tdx", [("tcb.advisories", "none-of", ["INTEL-SA-0061"])], True),  # whole names
        (hard, "tdx", [("tcb.date", "min", c["tcb.date"])], True),
        (hard, "tdx", [("tcb.date", "min", c["tcb.date"] + 1)], False),
        (hard, "tdx", [("tcb.evaluation", "min", c["tcb.evaluation"]), ("qe.evaluation", "min", c["qe.evaluation"])], True),
        (hard, "tdx", [("tcb.evaluation", "min", c["tcb.evaluation"] + 1)], False),
        (hard, "tdx", [("hardware", "in", ["00" * 16, c["ppid"]])], True),
        (hard, "tdx", [("hardware", "in", ["00" * 16])], False),
        (hard, "tdx", [("fmspc", "in", ["b0c06f000000"])], True),
        (hard, "tdx", [("fmspc", "in", ["00906ed50000"])], False),
        (genoa, "snp", [("hardware", "in", [chip])], True),
        (genoa, "snp", [("hardware", "in", [chip[:-2] + "00"])], False),
        (genoa, "snp", [("product", "in", ["genoa", "turin"])], True),
        (milan, "snp", [("product", "in", ["genoa", "turin"])], False),
        (world("snp", "vlek"), "snp", [("csp", "eq", "CN=cc-test")], True),
        (world("snp", "vlek"), "snp", [("hardware", "in", [chip])], False),  # a VLEK has no chip
        (world("tdx", "log"), "tdx", [("event_log", "eq", True)], False),    # none was given
    ]
    for w, type, where, want in rows:
        rule = {"name": "r", "type": type, "where": [{"claim": c, "op": o, "value": v} for c, o, v in where]}
        policy = {"version": 1, "number": 1, "previous": "0" * 64, "min_epoch": 1, "channel_binding": "optional", "join": [rule],
                  "release": [], "tenants": []}
        (pathlib.Path(tmp.name) / "policy").write_text(json.dumps(policy))
        code, j = judge(w, type, "--policy", pathlib.Path(tmp.name) / "policy")
        check(f"{type} {where}: {code} {j['reason']}", code == (not want) and j["reason"] == ("none" if want else "no-rule"))
        check(f"{type} {where}: appraisal", outcome(j, "policy") == ("passed" if want else "failed"))
    code, _, err = run("--type", "snp", "--policy", pathlib.Path(tmp.name) / "policy", "--waive", "debug", genoa / "evidence")
    check("a waiver with a policy", code == 2 and "--waive" in err)


def numbers():
    """Each number of genuine evidence, raised by one in a policy, refuses it."""
    for type in VERSIONS:
        w = world(type)
        _, j = judge(w, type)
        for name, value in j["claims"].items():
            if isinstance(value, bool) or not isinstance(value, int):
                continue
            for least, want in ((value, 0), (value + 1, 1)):
                rule = {"name": "r", "type": type, "where": [{"claim": name, "op": "min", "value": least}]}
                policy = {"version": 1, "number": 1, "previous": "0" * 64, "min_epoch": 1, "channel_binding": "optional",
                          "join": [rule], "release": [], "tenants": []}
                (pathlib.Path(tmp.name) / "policy").write_text(json.dumps(policy))
                code, j = judge(w, type, "--policy", pathlib.Path(tmp.name) / "policy")
                check(f"{type} {name} min {least}: {code}", code == want)


def event_logs():
    w, other = world("tdx", "log"), world("tdx")
    code, j = judge(w, "tdx", "--event-log", w / "log")
    c = j["claims"]
    check(f"event log: {j['reason']}", code == 0 and outcome(j, "event-log") == "passed" and c["event_log"] is True)
    check("event log: claims", c["secure_boot"] is True and [c[f"events.rtmr{i}"] for i in range(4)] == [2, 1, 2, 1])
    code, j = judge(w, "tdx")
    check("no event log", code == 0 and outcome(j, "event-log") == "not-asked" and j["claims"]["event_log"] is False)
    code, j = judge(other, "tdx", "--event-log", w / "log")
    check("an event log of another TD", code == 1 and j["reason"] == "event-log" and not j["claims"])
    (w / "empty").write_bytes(b"")
    check("an empty event log", judge(w, "tdx", "--event-log", w / "empty")[0] == 2)


for type in VERSIONS:
    forms(type)
    folders(type)
    options(type)
codes()
appraisal()
policies()
numbers()
event_logs()
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
