#!/usr/bin/env python3
"""Makes aead.inc: boxes of crypto/aead.h by an implementation of its own.

HKDF by hmac, HChaCha20 written out from draft-irtf-cfrg-xchacha-03 section 2.2 (checked against the draft's own
test vector below), ChaCha20-Poly1305 (RFC 8439) by the Python package "cryptography"."""
import hashlib
import hmac
import struct
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305


def rotl(v, n):
    return (v << n | v >> 32 - n) & 0xFFFFFFFF


def quarter(s, a, b, c, d):
    for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & 0xFFFFFFFF
        s[z] = rotl(s[z] ^ s[x], n)


def hchacha20(key, nonce16):
    s = list(struct.unpack("<16I", b"expand 32-byte k" + key + nonce16))
    for _ in range(10):
        for a, b, c, d in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                           (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            quarter(s, a, b, c, d)
    return struct.pack("<8I", *(s[0:4] + s[12:16]))


def xchacha(key, nonce, aad, plain):
    return ChaCha20Poly1305(hchacha20(key, nonce[:16])).encrypt(b"\0" * 4 + nonce[16:], plain, aad)


def seal(key, nonce, aad, plain):
    label = b"sealring/v1/row/commit"
    info = struct.pack(">I", len(label)) + label + nonce
    commit = hmac.new(key, info + b"\1", hashlib.sha256).digest()
    return b"\1" + nonce + commit + xchacha(key, nonce, b"\1" + aad, plain)


# draft-irtf-cfrg-xchacha-03, section 2.2.1
assert hchacha20(bytes(range(32)), bytes.fromhex("000000090000004a0000000031415927")).hex() == \
    "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"
# and A.3.1
assert xchacha(bytes(range(0x80, 0xA0)), bytes(range(0x40, 0x58)),
               bytes.fromhex("50515253c0c1c2c3c4c5c6c7"),
               b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
               b"sunscreen would be it.").hex().endswith("c0875924c1c7987947deafd8780acf49")

rows = [("empty", bytes(32), bytes(24), b"", b""),
        ("short", bytes(range(32)), bytes(range(24)), b"aad", b"x"),
        ("blocks", bytes(range(64, 96)), bytes(range(100, 124)), b"a" * 33, bytes(range(256))),
        ("long aad", b"\xff" * 32, b"\xfe" * 24, bytes(range(200)), b"m" * 63)]
for name, *parts in rows:
    fields = [p.hex() for p in parts] + [seal(*parts).hex()]
    print("{ " + ", ".join('"%s"' % f for f in [name] + fields) + " },")
