#!/usr/bin/env python3
"""Writes tests/unit/rows_derive.inc: derived workload keys and their public halves, by hashlib, hmac and the
affine formulas of the curves, written from the standards and sharing nothing with crypto/derive.c."""
import hashlib, hmac, pathlib

root = pathlib.Path(__file__).resolve().parents[2]
PREFIX = "sealring/v1/"


def lp(b):
    return len(b).to_bytes(4, "big") + b


def hkdf(ikm, info, n):
    prk = hmac.new(bytes(32), ikm, "sha256").digest()
    okm, t, i = b"", b"", 1
    while len(okm) < n:
        t = hmac.new(prk, t + info + bytes([i]), "sha256").digest()
        okm, i = okm + t, i + 1
    return okm[:n]


class Weierstrass:  # SEC 2: p256 is 2.4.2, secp256k1 is 2.4.1
    def __init__(self, p, a, n, g):
        self.p, self.a, self.n, self.g = p, a, n, g

    def add(self, s, t):
        if s is None or t is None:
            return s or t
        (x1, y1), (x2, y2) = s, t
        if x1 == x2 and (y1 + y2) % self.p == 0:
            return None
        top, bottom = (3 * x1 * x1 + self.a, 2 * y1) if s == t else (y2 - y1, x2 - x1)
        k = top * pow(bottom, -1, self.p) % self.p
        x = (k * k - x1 - x2) % self.p
        return x, (k * (x1 - x) - y1) % self.p

    def mul(self, d, pt=None):
        r, q = None, pt or self.g
        while d:
            if d & 1:
                r = self.add(r, q)
            q, d = self.add(q, q), d >> 1
        return r

    def public(self, d):
        x, y = self.mul(d)
        return b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")


P256 = Weierstrass(
    2**256 - 2**224 + 2**192 + 2**96 - 1, -3, 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5))
K256 = Weierstrass(
    2**256 - 2**32 - 977, 0, 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8))
for c in (P256, K256):
    assert c.mul(c.n) is None

P = 2**255 - 19


def x25519(k, u=9):  # RFC 7748, 5
    k = int.from_bytes(k, "little") & ~7 & (2**255 - 1) | 2**254
    x1, x2, z2, x3, z3, swap = u, 1, 0, u, 1, 0
    for t in reversed(range(255)):
        b = k >> t & 1
        if swap ^ b:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = b
        a, bb = x2 + z2, x2 - z2
        aa, b2 = a * a % P, bb * bb % P
        e = aa - b2
        da, cb = (x3 - z3) * a % P, (x3 + z3) * bb % P
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        x2, z2 = aa * b2 % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, -1, P) % P).to_bytes(32, "little")


def ed25519(seed):  # RFC 8032, 5.1.5
    d = -121665 * pow(121666, -1, P) % P

    def add(s, t):
        (x1, y1), (x2, y2) = s, t
        k = d * x1 * x2 * y1 * y2 % P
        return ((x1 * y2 + x2 * y1) * pow(1 + k, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P)

    by = 4 * pow(5, -1, P) % P
    x2 = (by * by - 1) * pow(d * by * by + 1, -1, P) % P
    bx = pow(x2, (P + 3) // 8, P)
    if bx * bx % P != x2:
        bx = bx * pow(2, (P - 1) // 4, P) % P
    if bx & 1:
        bx = P - bx
    a = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little") & ~7 & (2**254 - 1) | 2**254
    r, q = (0, 1), (bx, by)
    while a:
        if a & 1:
            r = add(r, q)
        q, a = add(q, q), a >> 1
    return (r[1] | (r[0] & 1) << 255).to_bytes(32, "little")


assert ed25519(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")).hex() == \
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"  # RFC 8032, 7.1
assert x25519(bytes.fromhex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb")).hex() == \
    "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"  # RFC 9180, A.2.1


def scalar(curve):
    return lambda okm: (int.from_bytes(okm, "big") % (curve.n - 1) + 1).to_bytes(32, "big")


KINDS = {
    "raw": (None, lambda b: b, lambda k: b""),
    "ed25519": (32, lambda b: b, ed25519),
    "x25519": (32, lambda b: b, x25519),
    "p256": (48, scalar(P256), lambda k: P256.public(int.from_bytes(k, "big"))),
    "secp256k1": (48, scalar(K256), lambda k: K256.public(int.from_bytes(k, "big"))),
}


def row(master, tenant, path, version, kind, raw_size):
    root_key = hkdf(master, lp((PREFIX + "key/tenant").encode()) + lp(tenant), 32)
    okm_size, make, public = KINDS[kind]
    size = raw_size or 32
    info = lp((PREFIX + "key/derived").encode()) + lp(kind.encode()) + lp(path) + version.to_bytes(4, "big") + size.to_bytes(4, "big")
    key = make(hkdf(root_key, info, okm_size or size))
    return f'{{ 0x{master[0]:02x}, "{tenant.decode()}", "{path.decode()}", {version}u, "{kind}", {raw_size},\n  "{root_key.hex()}",\n  "{key.hex()}",\n  "{public(key).hex()}" }},\n'


def main():
    with (root / "tests/unit/rows_derive.inc").open("w") as f:
        f.write("/* Written by tests/vectors-src/derive.py. first byte of the master 00..1f or ff repeated, tenant, path,\n"
                " * version, kind, raw size, tenant root, private, public. */\n")
        for master in (bytes(range(32)), b"\xff" * 32):
            for tenant, path, version in ((b"acme", b"db/primary", 1), (b"acme", b"db/primary", 0xFFFFFFFF), (b"a", b"cmedb/primary", 1)):
                for kind in KINDS:
                    for raw in (16, 32, 33, 64) if kind == "raw" else (0,):
                        f.write(row(master, tenant, path, version, kind, raw))


main()
