#!/usr/bin/env python3
"""Makes the signed policies of this folder without any code of ours: JSON by Python, Ed25519 by OpenSSL's command
line, texts to be signed from specs/policy.md. Run in this folder; the output is committed."""
import hashlib
import json
import subprocess
import tempfile

CID = bytes(range(32))
LABEL_POLICY, LABEL_SIG = b"sealring/v1/policy", b"sealring/v1/policy/sig"


def lp(data):
    return len(data).to_bytes(4, "big") + data


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def openssl(*args, data=b""):
    return subprocess.run(["openssl", *args], input=data, capture_output=True, check=True).stdout


class Operator:
    def __init__(self, n):
        der = bytes.fromhex("302e020100300506032b657004220420") + bytes([n]) * 32  # RFC 8410, section 7
        self.key = tempfile.NamedTemporaryFile(suffix=".der")
        self.key.write(der)
        self.key.flush()
        self.public = openssl("pkey", "-inform", "DER", "-in", self.key.name, "-pubout", "-outform", "DER")[-32:]

    def sign(self, text):
        with tempfile.NamedTemporaryFile() as f:
            f.write(text)
            f.flush()
            return openssl("pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", self.key.name, "-in", f.name)


def policy(number, previous, boot="measured"):
    return {
        "version": 1, "number": number, "previous": previous, "min_epoch": 1, "channel_binding": "required",
        "join": [{"name": "members", "type": "tpm", "where": [
            {"claim": "code", "op": "same"}, {"claim": "boot", "op": "eq", "value": boot}]}],
        "release": [{"name": "web", "type": "tpm", "tenant": "acme", "keys": ["app/*"], "usages": ["secret", "raw"],
                     "where": [{"claim": "code", "op": "in", "value": ["aa" * 32, "bb" * 32]}]}],
        "tenants": [{"name": "acme", "admins": ["07" * 32], "max_secrets": 100, "max_bytes": 1000000}],
    }


def signed(document, operators, cid=CID):
    digest = hashlib.sha256(lp(LABEL_POLICY) + lp(canonical(document))).digest()
    text = lp(LABEL_SIG) + cid + document["number"].to_bytes(8, "big") + digest
    signatures = [{"key": o.public.hex(), "sig": o.sign(text).hex()} for o in operators]
    signatures.sort(key=lambda s: s["key"])
    return canonical({"policy": document, "signatures": signatures}), digest.hex()


def main():
    operators = [Operator(n) for n in (1, 2, 3)]
    first, first_hash = signed(policy(1, "0" * 64), [])
    second, second_hash = signed(policy(2, first_hash), operators[:2])
    third, third_hash = signed(policy(3, second_hash), operators)
    for name, text in (("1.json", first), ("2.json", second), ("3.json", third)):
        open(name, "wb").write(text)
    with open("facts", "w") as f:
        for o in operators:
            print(o.public.hex(), file=f)
        print(first_hash, second_hash, third_hash, sep="\n", file=f)


main()
