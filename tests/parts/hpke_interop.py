#!/usr/bin/env python3
"""hpke_interop.py TOOL - seals with one implementation and opens with the other, both ways, both modes, with random
keys and sizes; changed bytes must be refused by both. The other one is pyhpke (pip install pyhpke); without it: 77."""
import os, subprocess, sys

try:
    from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey, KEMKeyPair, OpenError
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
except ImportError as e:
    print(f"SKIPPED: no independent HPKE implementation installed ({e}); pip install pyhpke")
    sys.exit(77)

suite = CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305)
tool = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
passed = failed = 0


def ask(verb, *fields):
    tool.stdin.write(" ".join([verb] + [f.hex() if f else "-" for f in fields]) + "\n")
    tool.stdin.flush()
    return [b"" if w == "-" else w if w == "refused" else bytes.fromhex(w) for w in tool.stdout.readline().split()]


def check(good, what):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED:", what)


def pair():
    k = X25519PrivateKey.generate()
    return k, k.private_bytes_raw(), k.public_key().public_bytes_raw()


for n in range(60):
    (to, to_sk, to_pk), (frm, from_sk, from_pk), (eph, eph_sk, _) = pair(), pair(), pair()
    auth = n % 2 == 1
    info, aad, plain = os.urandom(n), os.urandom(3 * n % 50), os.urandom(n * 7)
    theirs = dict(sks=KEMKey.from_pyca_cryptography_key(frm)) if auth else {}
    them = dict(pks=KEMKey.from_pyca_cryptography_key(frm.public_key())) if auth else {}

    enc, ctx = suite.create_sender_context(KEMKey.from_pyca_cryptography_key(to.public_key()), info, **theirs)
    sealed = ctx.seal(plain, aad)
    got = ask("open", to_sk, info, from_pk if auth else b"", enc, aad, sealed)
    check(got == [plain, ctx.export(b"exported", 32)], f"we open theirs, {n}")
    bad = bytearray(sealed)
    bad[os.urandom(1)[0] % len(bad)] ^= 1 << n % 8
    check(ask("open", to_sk, info, from_pk if auth else b"", enc, aad, bytes(bad)) == ["refused"], f"changed, {n}")
    check(ask("open", to_sk, info, b"" if auth else from_pk, enc, aad, sealed) == ["refused"], f"other mode, {n}")

    enc, sealed, exported = ask("seal", to_pk, info, from_sk if auth else b"", eph_sk, aad, plain)
    ctx = suite.create_recipient_context(enc, KEMKey.from_pyca_cryptography_key(to), info, **them)
    check(ctx.open(sealed, aad) == plain and ctx.export(b"exported", 32) == exported, f"they open ours, {n}")

tool.stdin.close()
check(tool.wait() == 0, "the tool's end")
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
