"""evidence_reach.py SOURCE TEST... - the made-up worlds of the tests reach every check of the SNP, TDX and SGX verifiers
and of the appraisal, every reason code that their sources name, and every refusal in them by its words; and what they
reach is what specs/ say. A check, a code or a refusal that is new and that no test reaches fails here."""
import os
import pathlib
import re
import subprocess
import sys

SOURCE, TESTS = pathlib.Path(sys.argv[1]), sys.argv[2:]
EVIDENCE = SOURCE / "proto/evidence"
FILES = sorted(f for p in ("snp", "amd", "dcap", "intel", "collateral") for f in EVIDENCE.glob(f"{p}_*.c"))
FILES += [EVIDENCE / "collateral.c", EVIDENCE / "cc_log.c"]
CERT_FILES = sorted((SOURCE / "crypto").glob("cert*.c"))

# What no evidence can show, and why.
NOT_REACHED = {
    "TEXT VEK certificate: nobody issued it": "a VEK whose standing is good has an issuer; the check holds that",
    "TEXT a certificate of no use here": "who asks has looked at the role before",
    "TEXT TCB info: not JSON as we take it": "the envelope around it was parsed as JSON before",
    "TEXT QE identity: not JSON as we take it": "as above",
    "TEXT revocation list: no certificate of its issuer": "asked by the node's shelf; unit/test_collateral_shelf",
    "crl-format": "a list that can't be read is passed over; unit/test_crl has its rows",
}

passed = failed = 0


def check(what, good):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED:", what)


def run():
    refused, good = set(), set()
    for test in TESTS:
        r = subprocess.run([test], capture_output=True, text=True, env={**os.environ, "SEALRING_REACHED": "1"}, cwd=SOURCE)
        check(f"{test} ended with {r.returncode}", r.returncode == 0)
        for line in r.stdout.splitlines():
            words = line.split("|", 4)
            if words[0] == "reached":
                refused.add(tuple(words[1:]))
            elif words[0] == "passed":
                good.add(tuple(words[1:]))
    return refused, good


def codes():
    return dict(re.findall(r'X\((R_[A-Z0-9_]*), "([a-z0-9-]*)"\)', (SOURCE / "crypto/reason.h").read_text()))


def rows(file, table):
    """The names of a table of checks."""
    body = re.search(r"struct check_row %s\[\] = \{(.*?)\n\};" % table, (EVIDENCE / file).read_text(), re.S).group(1)
    return re.findall(r'\{ "([a-z0-9-]+)", \w+ \}', body)


def appraisal():
    text = (SOURCE / "proto/appraisal.c").read_text()
    return re.findall(r'\{ APPRAISAL_\w+,\s*"(\w+)",\s*"([a-z0-9-]+)"', text)


def spec_table(name):
    """check -> reasons, as the specification lists them."""
    section = re.search(r"## Checks\n(.*?)\n## ", (SOURCE / "specs" / name).read_text(), re.S).group(1)
    return {c: set(re.findall(r"`([a-z-]+…?)`", why)) for c, why in re.findall(r"^\| `([a-z0-9-]+)` \|.*\| (.*) \|$", section, re.M)}


def told(reasons, code):
    return code in reasons or any(r.endswith("…") and code.startswith(r[:-1]) for r in reasons)


def as_regex(literal):
    text = re.sub(r'"\s*"', "", literal)
    return re.compile(".*".join(re.escape(p) for p in re.split(r"%[a-z0-9]*[a-z]", text)))


def refusals(file):
    """The words of each refusal: what stands behind the code in sr_fail(), and behind why in refuse()."""
    text = file.read_text()
    found = re.findall(r'sr_fail\([^;]*?R_[A-Z0-9_]+,\s*"((?:[^"\\]|\\.|"\s*")*)"', text)
    found += re.findall(r'(?:refuse|no_level|none)\([a-z*>-]+, "((?:[^"\\]|\\.|"\s*")*)"', text)
    return [re.sub(r'"\s*"', "", f) for f in found if f not in ("%s",)]


refused, good = run()
CODES = codes()
tables = {"snp": rows("snp_verifier.c", "rows"), "tdx": rows("dcap_verifier.c", "tdx_rows"), "sgx": rows("dcap_verifier.c", "sgx_rows")}
for type, names in tables.items():
    check(f"{type}: a table of checks", len(names) > 9)
    for name in names:
        check(f"{type} {name}: no test refuses by it", any(r[:2] == (type, name) for r in refused))
        check(f"{type} {name}: no test passes it", (type, name) in good)
for type, name in appraisal():
    check(f"{type} {name}: no test refuses by it", any(r[:2] == (type, name) for r in refused))
    check(f"{type} {name}: no test passes it", (type, name) in good)

specs = {"snp": spec_table("evidence-snp.md"), "tdx": spec_table("evidence-dcap.md"), "sgx": spec_table("evidence-dcap.md")}
for type, names in tables.items():
    listed = [c for c in specs[type] if c in names or type == "snp"]
    check(f"{type}: the specification has {listed}", listed == names)
    for name in names:
        seen = {r[2] for r in refused if r[:2] == (type, name)}
        for code in seen:
            check(f"{type} {name}: {code} is not in the specification", told(specs[type].get(name, ()), code))
for sheet in ("evidence-snp.md", "evidence-dcap.md"):
    for name, reasons in spec_table(sheet).items():
        for reason in reasons:
            hit = any(r[1] == name and told({reason}, r[2]) for r in refused)
            check(f"{sheet} {name}: {reason} is reached by no test", hit)

seen = {r[2] for r in refused}
for file in FILES + CERT_FILES:
    for code in sorted({c for c in re.findall(r"\b(R_[A-Z0-9_]+)\b", file.read_text()) if c in CODES}):
        if CODES[code] in ("none", "internal", "certificate-names", "too-large"):
            continue
        check(f"{file.name}: {CODES[code]} is reached by no test", CODES[code] in seen or f"{CODES[code]}" in NOT_REACHED)
words = {r[3] for r in refused}
for file in FILES:
    for text in refusals(file):
        if f"TEXT {text}" in NOT_REACHED:
            continue
        check(f"{file.name}: no test reaches \"{text}\"", any(as_regex(text).search(w) for w in words))
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
