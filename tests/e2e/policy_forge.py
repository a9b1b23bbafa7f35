#!/usr/bin/env python3
"""policy_forge.py POLICY KEY CID OUT - signs any policy, as sealring policy sign would not: one that does not follow, with a key
of nobody's. Written from specs/policy.md. POLICY is a document in any layout or a signed policy, whose signatures are kept."""
import hashlib
import json
import os
import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def lp(data):
    return len(data).to_bytes(4, "big") + data


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def cid_bytes(text):
    bits = 0
    for c in text[text.index("1") + 1:][:52]:
        bits = bits << 5 | ALPHABET.index(c)
    return (bits >> 4).to_bytes(32, "big")


def main():
    source, key_path, cid, out = sys.argv[1:]
    prefix = b"sealring-insecure/v1/" if cid.startswith("srx") else b"sealring/v1/"
    with open(source, "rb") as f:
        given = json.load(f)
    document, signatures = (given["policy"], given["signatures"]) if "policy" in given else (given, [])
    with open(key_path, "rb") as f:
        key = serialization.load_pem_private_key(f.read(), None)
    digest = hashlib.sha256(lp(prefix + b"policy") + lp(canonical(document))).digest()
    text = lp(prefix + b"policy/sig") + cid_bytes(cid) + document["number"].to_bytes(8, "big") + digest
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    signatures.append({"key": public, "sig": key.sign(text).hex()})
    signatures.sort(key=lambda s: s["key"])
    with open(out, "wb") as f:
        f.write(canonical({"policy": document, "signatures": signatures}))
    os.chmod(out, 0o644)


main()
