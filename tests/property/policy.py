#!/usr/bin/env python3
"""Random policies, claims, patterns and JSON texts, judged twice: by the C code (through policy_oracle) and by the
naive code below, which is written from specs/policy.md and specs/json.md and shares nothing with it.

usage: policy.py ORACLE [SEED [CASES]]    last line: "N passed, N failed"
"""
import hashlib
import json
import pathlib
import random
import re
import subprocess
import sys

LABEL = b"sealring/v1/policy"
USAGES = ["secret", "raw", "ed25519", "x25519", "p256", "secp256k1"]


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def lp(data):
    return len(data).to_bytes(4, "big") + data


# ---- the naive evaluator ----

def pattern_matches(pattern, path):
    parts = pattern.split("/")
    deep = parts[-1] == "**"
    if deep:
        parts.pop()
    regex = "/".join("".join("[^/]*" if c == "*" else re.escape(c) for c in part) for part in parts)
    if deep:
        regex += ("/" if parts else "") + ".+"
    return re.fullmatch(regex, path) is not None


def same_value(a, b):
    return type(a) is type(b) and a == b


def machine_ids(claims):
    """The ids of hardware that evidence names, in every part that its type has."""
    prefixes = {"snp-tpm": ["snp.", "tpm."], "tdx-tpm": ["tdx.", "tpm."]}
    kind = claims.get("type")
    names = [p + n for p in (prefixes.get(kind, [""]) if type(kind) is str else [""]) for n in ("ek", "hardware")]
    return [claims[n] for n in names if type(claims.get(n)) is str]


def holds(test, claims, own, references):
    if test["claim"] not in claims:
        return False
    have, op, want = claims[test["claim"]], test["op"], test.get("value")
    if op == "eq":
        return same_value(have, want)
    if op == "in":
        return any(same_value(have, w) for w in want)
    if op == "min":
        return type(have) is int and have >= want
    if op == "max":
        return type(have) is int and have <= want
    if op == "prefix":
        return type(have) is str and have.startswith(want)
    if op in ("subset", "none-of"):
        elements = set(have.split(",")) - ({""} if have == "" else set()) if type(have) is str else None
        if elements is None:
            return False
        return elements <= set(want) if op == "subset" else not elements & set(want)
    if op == "same":
        return own is not None and test["claim"] in own and same_value(have, own[test["claim"]])
    if op == "ref":
        return any(same_value(have, w) for w in references.get(want, {"values": []})["values"])
    raise AssertionError(op)


def shown(value):
    return str(value) if type(value) is int and value > 2**53 - 1 else value


def judge_rule(rule, claims, own, want, references):
    step = {"effect": rule.get("effect", "allow"), "name": rule["name"]}
    if want:
        tenant, path, usage = want
        if rule["tenant"] != tenant:
            return {**step, "outcome": "other-tenant"}
        if not any(pattern_matches(k, path) for k in rule["keys"]):
            return {**step, "outcome": "other-key"}
        if usage not in rule["usages"]:
            return {**step, "outcome": "other-usage"}
    if not same_value(claims.get("type"), rule["type"]):
        return {**step, "outcome": "other-type"}
    for test in rule["where"]:
        if not holds(test, claims, own, references):
            step.update(outcome="test-failed", claim=test["claim"], op=test["op"])
            if test["claim"] in claims:
                step["found"] = shown(claims[test["claim"]])
            if test["op"] == "same":
                step["wanted"] = shown(own[test["claim"]]) if own and test["claim"] in own else []
            else:
                step["wanted"] = test["value"]
            if test["op"] == "ref":
                step["values"] = references.get(test["value"], {"values": []})["values"]
            return step
    return {**step, "outcome": "matched"}


def before_the_rules(policy, claims, want):
    """The reason why no rule is looked at; None: they are."""
    ids = machine_ids(claims)
    if want:
        return None if want[0] in [t["name"] for t in policy["tenants"]] else "tenant-unknown"
    if any(row.get("hardware") in ids for row in policy.get("expelled", [])):
        return "expelled"
    listed = [row["id"] for row in policy["hardware"]] if "hardware" in policy else None
    return "hardware-unlisted" if listed is not None and (not ids or not set(ids) <= set(listed)) else None


def judge(policy, claims, own, want, references):
    list_name = "release" if want else "join"
    verdict = {"allowed": False, "list": list_name, "number": policy["number"]}
    reason = before_the_rules(policy, claims, want)
    if reason:
        verdict["rules"] = [{"effect": r.get("effect", "allow"), "name": r["name"], "outcome": "not-seen"}
                            for r in policy[list_name]]
        return {**verdict, "reason": reason}
    verdict["rules"] = steps = [judge_rule(r, claims, own, want, references) for r in policy[list_name]]
    for effect, reason in (("deny", "denied-by-rule"), ("allow", "none")):
        for step in steps:
            if step["effect"] == effect and step["outcome"] == "matched":
                return {**verdict, "allowed": effect == "allow", "reason": reason, "rule": step["name"]}
    spoken = any(s["effect"] == "allow" and s["outcome"] in ("other-type", "test-failed") for s in steps)
    return {**verdict, "reason": "no-rule" if spoken or not want else "key-denied"}


# ---- the generator: small sets, so that things meet ----

CLAIMS = ["code", "boot", "debug", "reset_count", "config"]
TEXTS = ["a", "ab", "abc", "b", "1", "true", "measured"]
SETS = ["", "a,b", "b,a", "a,,b", ",", "ab,abc,1", "a,b,ab"]
NUMBERS = [0, 1, 2, 3, 2**32, 2**53 - 1]
SEGMENTS = ["app", "app1", "ap", "db", "a.b", "x-y", "0"]
PATTERNS = ["app/*", "**", "**", "app/**", "*", "a*/*", "db/a*b", "*p*", "app/db", "ap*1/**", "*.*", "*/*"]
TENANTS = ["acme", "umbrella"]
MACHINES = ["0" * 31 + "1", "0" * 31 + "2", "ab" * 32, "ab" * 64]
ID_CLAIMS = ["ek", "hardware", "snp.ek", "snp.hardware", "tpm.ek", "tpm.hardware", "tdx.hardware"]
REFS = {"texts": "t", "numbers.1": "u", "truths": "b"}  # and what is usually in them


def some_value(r, kind=None):
    kind = kind or r.choice("tub")
    return {"t": lambda: r.choice(TEXTS), "u": lambda: r.choice(NUMBERS), "b": lambda: r.random() < 0.5}[kind]()


def some_claims(r):
    claims = {name: some_value(r) for name in CLAIMS if r.random() < 0.8}
    if r.random() < 0.5:
        claims["advisories"] = r.choice(SETS)
    if r.random() < 0.95:
        claims["type"] = r.choice(["tpm", "tpm", "snp", "snp-tpm"]) if r.random() < 0.95 else some_value(r)
    for name in r.sample(ID_CLAIMS, r.choice([0, 1, 2, 4])):
        claims[name] = r.choice(MACHINES) if r.random() < 0.95 else some_value(r)
    return claims


def kind_of(value):
    return {str: "t", int: "u", bool: "b"}[type(value)]


def some_references(r, claims):
    """What a tenant has set: some of the lists, each of one kind, many with what the claims say."""
    lists = {}
    for name in r.sample(sorted(REFS), r.choice([1, 2, 3, 3, 3])):
        kind = REFS[name] if r.random() < 0.9 else r.choice("tub")
        near = [v for v in claims.values() if kind_of(v) == kind and v != "" and r.random() < 0.7]
        values = near + [some_value(r, kind) for _ in range(r.randrange(3))]
        lists[name] = {"values": r.sample(values, len(values)) or [some_value(r, kind)]}
    return lists


def some_test(r, claims):
    name = r.choice(CLAIMS + ["advisories"])
    fit = {str: ["eq", "in", "prefix", "same", "subset", "none-of"], int: ["eq", "in", "min", "max", "same"]}
    ops = ["eq", "in", "min", "max", "prefix", "same", "subset", "none-of"]
    op = r.choice(ops if r.random() < 0.3 else fit.get(type(claims.get(name)), ["eq", "in", "same"]))
    near = claims.get(name) if r.random() < 0.85 else None
    test = {"claim": name, "op": op}
    if name == "advisories" and op in ("eq", "in", "prefix"):
        near = None
    if op in ("subset", "none-of"):
        test["value"] = r.sample(TEXTS, r.randrange(0 if op == "subset" else 1, 5))
        if type(near) is str and r.random() < 0.5:
            test["value"] += [e for e in near.split(",") if e]
    elif op == "eq":
        test["value"] = near if near is not None else some_value(r)
    elif op == "in":
        first = near if near is not None else some_value(r)
        kind = {str: "t", int: "u", bool: "b"}[type(first)]
        test["value"] = [some_value(r, kind) for _ in range(r.randrange(3))] + [first]
    elif op in ("min", "max"):
        test["value"] = near if type(near) is int else r.choice(NUMBERS)
    elif op == "prefix":
        test["value"] = near[:r.randrange(1, 4)] if type(near) is str else r.choice(TEXTS)
    return test


def some_ref(r, claims):
    name = r.choice(CLAIMS + ["advisories"])
    fit = [n for n, kind in REFS.items() if name in claims and kind_of(claims[name]) == kind]
    return {"claim": name, "op": "ref", "value": r.choice(fit if fit and r.random() < 0.8 else sorted(REFS))}


def some_rule(r, i, claims, release):
    fits = claims.get("type") in ("tpm", "snp", "snp-tpm") and r.random() < 0.9
    rule = {"name": "rule-%d" % i, "type": claims["type"] if fits else "tpm",
            "where": [some_test(r, claims) for _ in range(r.choice([1, 1, 1, 2, 3]))]}
    if r.random() < 0.3:
        rule["effect"] = "deny"
    elif r.random() < 0.2:
        rule["effect"] = "allow"
    if release:
        rule["tenant"] = r.choice(TENANTS)
        rule["keys"] = [r.choice(PATTERNS) for _ in range(r.randrange(1, 4))]
        rule["usages"] = r.sample(USAGES, r.randrange(2, 7))
        if rule.get("effect") != "deny" and r.random() < 0.7:
            rule["where"].insert(r.randrange(len(rule["where"]) + 1), some_ref(r, claims))
        if r.random() < 0.5:
            rule["where"] = [t for t in rule["where"] if t["op"] == "ref"] or rule["where"]
    return rule


def some_expelled(r):
    row = {"name": "gone"}
    if r.random() < 0.8:
        row["hardware"] = r.choice(MACHINES)
    if r.random() < 0.3 or len(row) == 1:
        row["key"] = "00" * 31 + "02"
    return row


def some_policy(r, claims):
    more = {}
    if r.random() < 0.5:
        more["expelled"] = [some_expelled(r) for _ in range(r.randrange(4))]
    if r.random() < 0.3:
        more["hardware"] = [{"id": m, "name": "a-machine"} for m in r.sample(MACHINES, r.randrange(len(MACHINES) + 1))]
    return {**more, "version": 1, "number": 1, "previous": "0" * 64, "min_epoch": 1, "channel_binding": "optional",
            "join": [some_rule(r, i, claims, False) for i in range(r.randrange(4))],
            "release": [some_rule(r, i, claims, True) for i in range(r.randrange(6))],
            "tenants": [{"name": t, "admins": ["00" * 31 + "01"], "max_secrets": 1, "max_bytes": 1,
                         "reference_values": sorted(REFS)} for t in TENANTS]}


def some_json(r, depth=0):
    kind = r.randrange(6 if depth < 4 else 3)
    if kind == 0:
        return r.choice([0, 1, 10, 2**53 - 1, r.randrange(2**53)])
    if kind == 1:
        return r.random() < 0.5
    if kind == 2:
        alphabet = ["a", "Z", " ", '"', "\\", "/", "\n", "\r", "\t", "\b", "\f", "\x01", "\x1f", "\x7f", "é", "€",
                    "\U0001f511", "\u2028", "\uffff", "\ud7ff", "\ue000"]
        return "".join(r.choice(alphabet) for _ in range(r.randrange(8)))
    if kind == 3:
        return [some_json(r, depth + 1) for _ in range(r.randrange(4))]
    return {"".join(r.choice("abAB_-.~ 019") for _ in range(r.randrange(1, 5))): some_json(r, depth + 1)
            for _ in range(r.randrange(5))}


# ---- both, side by side ----

def examples():
    """The policies that the specification shows."""
    text = pathlib.Path(__file__).parents[2].joinpath("specs/policy.md").read_text()
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.S)]


def questions(r, cases):
    """Yields (line for the oracle, what it must answer, how to read the answer)."""
    def hexed(text):
        return text.encode().hex()

    def digest(text):
        return hashlib.sha256(lp(LABEL) + lp(text.encode())).hexdigest()
    for policy in examples():
        yield "P " + hexed(canonical(policy)), digest(canonical(policy)), str
    for i in range(cases):
        claims, own = some_claims(r), some_claims(r) if r.random() < 0.8 else None
        if own is not None and r.random() < 0.5:
            own.update({k: v for k, v in claims.items() if r.random() < 0.7})
        policy = some_policy(r, claims)
        text = canonical(policy)
        want = None
        if r.random() < 0.7:
            want = (r.choice(TENANTS + TENANTS + ["nobody"]),
                    "/".join(r.choice(SEGMENTS) for _ in range(r.randrange(1, 4))), r.choice(USAGES))
        references = some_references(r, claims) if r.random() < 0.9 else None
        words = ["E", hexed(text)] + [hexed(canonical(x)) if x is not None else "-" for x in (claims, own, references)]
        yield (" ".join(words + list(want or ("-", "-", "-"))), judge(policy, claims, own, want, references or {}),
               json.loads)
        if i % 8 == 0:
            yield "P " + hexed(text), digest(text), str
    for _ in range(cases):
        value = {"v": some_json(r)}
        loose = json.dumps(value, indent=r.choice([None, 1]), ensure_ascii=r.random() < 0.5)
        yield "J " + hexed(loose), hexed(canonical(value)), str
    for _ in range(cases):
        parts = ["".join(r.choice("ab**.") for _ in range(r.randrange(1, 5))) for _ in range(r.randrange(1, 3))]
        pattern = "/".join(re.sub(r"\*+", "*", p) for p in parts) + r.choice(["", "", "/**"])
        path = "/".join("".join(r.choice("aab.") for _ in range(r.randrange(1, 5))) for _ in range(r.randrange(1, 4)))
        names = [p in (".", "..") for p in (pattern + "/" + path).split("/")]
        yield "G %s %s" % (pattern, path), str(int(not any(names) and pattern_matches(pattern, path))), str


def ref_decided(line, want):
    """Was what allowed it a rule with a "ref"?"""
    rules = json.loads(bytes.fromhex(line.split()[1]))[want["list"]]
    return any(t["op"] == "ref" for rule in rules if rule["name"] == want.get("rule") for t in rule["where"])


def main():
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    cases = int(sys.argv[3]) if len(sys.argv) > 3 else 2000
    assert len(examples()) == 2
    asked = list(questions(random.Random(seed), cases))
    out = subprocess.run([sys.argv[1]], input="\n".join(q[0] for q in asked) + "\n", capture_output=True, text=True)
    answers = out.stdout.split("\n")[:-1]
    passed = failed = 0
    tally = {}
    for (line, want, read), got in zip(asked, answers):
        got = read(got)
        if got == want:
            passed += 1
        else:
            failed += 1
            if failed <= 3:
                print("seed %d: %s\n  want %s\n  got  %s" % (seed, line, want, got))
        kind = line[0] + (want if line[0] == "G" else "")
        if line[0] == "E":
            kind = want["list"] + " " + want["reason"]
            refs = [step for step in want["rules"] if step.get("op") == "ref"]
            tally["ref failed"] = tally.get("ref failed", 0) + bool(refs)
            tally["ref held"] = tally.get("ref held", 0) + ref_decided(line, want)
        tally[kind] = tally.get(kind, 0) + 1
    print(", ".join("%s: %d" % (k, n) for k, n in sorted(tally.items())))
    # A generator that meets only one side of a question proves nothing.
    needed = ["join none", "join no-rule", "join denied-by-rule", "release none", "release no-rule",
              "release key-denied", "release denied-by-rule", "release tenant-unknown", "join expelled",
              "join hardware-unlisted", "ref failed", "ref held", "G0", "G1"]
    if out.returncode != 0 or len(answers) != len(asked) or any(tally.get(k, 0) < cases // 100 for k in needed):
        print("oracle ended with %d after %d of %d answers" % (out.returncode, len(answers), len(asked)))
        failed += 1
    print("%d passed, %d failed" % (passed, failed))
    return failed != 0


sys.exit(main())
