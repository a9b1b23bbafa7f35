#!/usr/bin/env python3
"""Writes tests/unit/rows_labels.inc: for every label its text and what it does to a fixed key, in both modes,
computed with hashlib and hmac alone. A label that already has a row keeps it: a changed text is an error. With --check nothing is written, and a label
without a row there or in the table of specs/crypto.md is an error too."""
import hashlib, hmac, pathlib, re, sys

root = pathlib.Path(__file__).resolve().parents[2]
rows_file = root / "tests/unit/rows_labels.inc"
master = bytes(range(32))
prefixes = ["sealring/v1/", "sealring-insecure/v1/"]


def lp(b):
    return len(b).to_bytes(4, "big") + b


def hkdf(ikm, salt, info, n):
    prk = hmac.new(salt or bytes(32), ikm, "sha256").digest()
    okm, t, i = b"", b"", 1
    while len(okm) < n:
        t = hmac.new(prk, t + info + bytes([i]), "sha256").digest()
        okm, i = okm + t, i + 1
    return okm[:n]


def outputs(label):
    for prefix in prefixes:
        full = (prefix + label).encode()
        yield hkdf(master, b"", lp(full) + lp(b"context"), 32).hex()  # derive_key
        yield hmac.new(master, lp(full) + b"message", "sha256").hexdigest()  # hmac_label
        yield hashlib.sha256(lp(full) + lp(b"a") + lp(b"bc")).hexdigest()  # hash256


def main():
    header = (root / "crypto/labels.h").read_text()
    labels = re.findall(r'X\((L_[A-Z0-9_]+), "([^"]+)"\)', header)
    frozen = dict(re.findall(r'^ROW\((L_[A-Z0-9_]+), "([^"]+)"', rows_file.read_text(), re.M)) if rows_file.exists() else {}
    for name, text in labels:
        if frozen.get(name, text) != text:
            sys.exit(f"{name} is frozen as {frozen[name]}, not {text}")
    missing = set(frozen) - {name for name, _ in labels}
    if missing:
        sys.exit(f"frozen labels are gone: {missing}")
    spec = (root / "specs/crypto.md").read_text()
    new = [name for name, text in labels if name not in frozen or f"| `{name}` | `{text}` |" not in spec]
    if "--check" in sys.argv:
        print("\n".join(f"{name}: run tests/vectors-src/labels.py, add it to specs/crypto.md, commit" for name in new))
        print(f"{len(labels) - len(new)} passed, {len(new)} failed")
        sys.exit(bool(new))
    with rows_file.open("w") as f:
        f.write("/* Written by tests/vectors-src/labels.py. label, text, then derive, hmac, hash in production and insecure. */\n")
        for name, text in labels:
            f.write(f'ROW({name}, "{text}",\n' + ",\n".join(f'    "{o}"' for o in outputs(text)) + ")\n")


main()
