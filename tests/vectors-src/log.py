#!/usr/bin/env python3
"""log.py - an independent implementation of the log's formats, to make tests/vectors/log.h with.

    tests/vectors-src/log.py > tests/vectors/log.h

Written from RFC 6962, the C2SP specifications and specs/log.md, never from the C code. Needs the Python
package "cryptography".
"""
import base64
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def sha(b):
    return hashlib.sha256(b).digest()


def mth(d):
    if not d:
        return sha(b"")
    if len(d) == 1:
        return sha(b"\0" + d[0])
    k = split(len(d))
    return sha(b"\1" + mth(d[:k]) + mth(d[k:]))


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path(m, d):
    if len(d) == 1:
        return []
    k = split(len(d))
    if m < k:
        return path(m, d[:k]) + [mth(d[k:])]
    return path(m - k, d[k:]) + [mth(d[:k])]


def subproof(m, d, b):
    if m == len(d):
        return [] if b else [mth(d)]
    k = split(len(d))
    if m <= k:
        return subproof(m, d[:k], b) + [mth(d[k:])]
    return subproof(m - k, d[k:], False) + [mth(d[:k])]


def leaves(n):
    return [b"leaf %d" % i for i in range(n)]


def tile_path(kind, n, width):
    parts = ["%03d" % (n % 1000)]
    while n >= 1000:
        n //= 1000
        parts.insert(0, "x%03d" % (n % 1000))
    return "tile/%s/%s%s" % (kind, "/".join(parts), ".p/%d" % width if width < 256 else "")


def pub_of(key):
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def key_id(name, kind, pub):
    return sha(name.encode() + b"\n" + bytes([kind]) + pub)[:4]


def b64(b):
    return base64.b64encode(b).decode()


def sig_line(name, kind, key, sig):
    return "\u2014 %s %s\n" % (name, b64(key_id(name, kind, pub_of(key)) + sig))


def cosign(body, name, key, time):
    text = "cosignature/v1\ntime %d\n%s" % (time, body)
    return sig_line(name, 4, key, struct.pack(">Q", time) + key.sign(text.encode()))


def vkey(name, kind, key):
    return "%s+%s+%s" % (name, key_id(name, kind, pub_of(key)).hex(), b64(bytes([kind]) + pub_of(key)))


def lp(b):
    return struct.pack(">I", len(b)) + b


def u64(v):
    return struct.pack(">Q", v)


def fill(start, n):
    return bytes((start + i) & 255 for i in range(n))


def leaf(kind, *fields):
    return bytes([1, kind]) + u64(1700000000 + kind) + b"".join(fields)


LEAVES = {
    "genesis": leaf(1, fill(1, 32), u64(1), fill(2, 64), u64(7), fill(3, 32), fill(4, 32), fill(5, 32), fill(6, 32)),
    "enrolment": leaf(2, fill(7, 32), fill(5, 32), fill(8, 32), u64(1), u64(1700086400)),
    "member-self": leaf(3, fill(1, 32), fill(4, 32), fill(9, 16), fill(5, 32), fill(6, 32), u64(7), u64(1), u64(2),
                        fill(10, 64), lp(b"node2.example:7443")),
    "join-granted": leaf(4, fill(10, 64), fill(11, 64), fill(7, 32), fill(5, 32), fill(6, 32),
                         lp(b"peers-tpm"), u64(7)),
    "member": leaf(5, fill(12, 32), fill(4, 32), fill(5, 32), fill(6, 32), u64(7), u64(1), u64(2), fill(10, 64), lp(b"")),
    "policy": leaf(6, u64(7), fill(3, 32)),
    "put": leaf(7, fill(13, 32), fill(14, 32), u64(3), fill(15, 32), u64(1)),
    "delete": leaf(8, fill(13, 32), fill(14, 32), u64(3), fill(15, 32), u64(1)),
    "release": leaf(9, fill(10, 64), struct.pack(">H", 2) + fill(16, 32) + fill(17, 32), fill(5, 32), fill(6, 32), u64(7),
                    lp(b"none"), fill(11, 64)),
    "refusal": leaf(10, lp(b"join"), lp(b"no-rule"), fill(10, 64), fill(5, 32), fill(6, 32), u64(7)),
    "refusals-counted": leaf(11, u64(1699999951), struct.pack(">H", 2) + lp(b"malformed") + struct.pack(">I", 3)
                             + lp(b"nonce-expired") + struct.pack(">I", 70000)),
    "start": leaf(12, fill(18, 16), fill(6, 32), u64(7), u64(1)),
    "stop": leaf(13, fill(18, 16)),
    "epoch": leaf(14, u64(2), fill(2, 64)),
    "recovery": leaf(15, fill(1, 32), u64(1), fill(2, 64), u64(7), fill(3, 32), fill(4, 32), fill(5, 32), fill(6, 32),
                     struct.pack(">H", 2) + fill(16, 32) + fill(17, 32), fill(10, 64)),
    "epoch-drawn": leaf(16, u64(2), fill(2, 64), fill(5, 32), fill(6, 32)),
    "epoch-held": leaf(17, u64(2), fill(2, 64), fill(19, 32)),
    "epoch-active": leaf(18, u64(2), fill(2, 64), fill(19, 32)),
    "epoch-destroyed": leaf(19, u64(2), fill(2, 64)),
    "fork": leaf(20, fill(9, 16), u64(1000), fill(19, 32), u64(1003), fill(20, 32)),
    "expelled": leaf(22, u64(7), fill(3, 32)),
    "freeze": leaf(23, lp(b"thaw")),
    "restored": leaf(25, fill(1, 32), fill(4, 32), fill(9, 16), u64(40), fill(19, 32), fill(20, 32),
                     struct.pack(">H", 2) + fill(16, 32) + fill(17, 32), u64(7), fill(3, 32)),
    "backup": leaf(26, u64(40), fill(19, 32), u64(1), u64(7), fill(21, 32)),
    "sealed-ahead": leaf(28, fill(5, 32), fill(6, 32), u64(7)),
}


def c_text(s):
    return '"' + s.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace(
        "\u2014", "\\xe2\\x80\\x94") + '"'


def hexes(hashes):
    return '"' + "".join(h.hex() for h in hashes) + '"'


def main():
    print("#pragma once\n/* Made by tests/vectors-src/log.py. Leaf i of the trees is the text \"leaf i\". */\n")
    print("/* clang-format off */")
    print("static const struct { uint64_t size; const char *root; } vec_roots[] = {")
    for n in list(range(18)) + [255, 256, 257, 1000]:
        print('    { %d, "%s" },' % (n, mth(leaves(n)).hex()))
    print("};")
    print("static const struct { uint64_t a, size; const char *proof; } vec_inclusion[] = {")
    for m, n in [(0, 1), (0, 2), (1, 2), (2, 3), (3, 7), (6, 7), (0, 8), (5, 11), (255, 257), (256, 257), (777, 1000)]:
        print("    { %d, %d, %s }," % (m, n, hexes(path(m, leaves(n)))))
    print("};")
    print("static const struct { uint64_t a, size; const char *proof; } vec_consistency[] = {")
    for m, n in [(1, 2), (2, 3), (3, 7), (4, 7), (6, 7), (6, 8), (256, 257), (300, 1000), (512, 1000), (999, 1000)]:
        print("    { %d, %d, %s }," % (m, n, hexes(subproof(m, leaves(n), True))))
    print("};")
    print("static const struct { const char *path; bool entries; unsigned level; uint64_t index; unsigned width; }"
          " vec_tiles[] = {")
    for kind, n, w in [("0", 0, 256), ("0", 0, 1), ("1", 999, 255), ("0", 1000, 256), ("2", 1234067, 7),
                       ("entries", 0, 17), ("entries", 999999, 256), ("entries", 1000000, 200), ("5", 0, 255)]:
        print('    { "%s", %s, %d, %d, %d },' % (tile_path(kind, n, w), "true" if kind == "entries" else "false",
                                               0 if kind == "entries" else int(kind), n, w))
    print("};")

    log_key = Ed25519PrivateKey.from_private_bytes(fill(0, 32))
    w_key = Ed25519PrivateKey.from_private_bytes(fill(100, 32))
    origin = "sealring/" + fill(1, 32).hex() + "/" + fill(9, 16).hex()
    body = "%s\n%d\n%s\n" % (origin, 1000, b64(mth(leaves(1000))))
    note = body + "\n" + sig_line(origin, 1, log_key, log_key.sign(body.encode()))
    print("static const char vec_origin[] = %s;" % c_text(origin))
    print("static const char vec_log_vkey[] = %s;" % c_text(vkey(origin, 1, log_key)))
    print("static const char vec_witness_vkey[] = %s;" % c_text(vkey("witness.example/w1", 4, w_key)))
    print("static const char vec_note[] = %s;" % c_text(note))
    print("static const char vec_cosignature[] = %s;" % c_text(cosign(body, "witness.example/w1", w_key, 1700000000)))
    proof = "c2sp.org/tlog-proof@v1\nindex 777\n" + "".join(b64(h) + "\n" for h in path(777, leaves(1000)))
    print("static const char vec_proof[] = %s;" % c_text(proof + "\n" + note))
    lines = "".join(b64(h) + "\n" for h in subproof(300, leaves(1000), True))
    print("static const char vec_witness_request[] = %s;" % c_text("old 300\n" + lines + "\n" + note))
    print('static const char vec_witness_old_root[] = "%s";' % mth(leaves(300)).hex())
    asked = fill(40, 32) + lp(origin.encode())
    seen = b"\1" + asked + u64(1000) + mth(leaves(1000)) + u64(990) + fill(18, 16) + b"\0"
    print('static const char vec_witness_question[] = "%s";' % asked.hex())
    print('static const char vec_witness_seen[] = "%s";' % (
        seen + w_key.sign(lp(b"sealring/v1/witness/seen") + seen)).hex())

    salt = fill(200, 32)
    lid = hmac.new(salt, lp(b"sealring/v1/log/id") + b"\4" + lp(b"acme/db/password"), hashlib.sha256).hexdigest()
    print('static const char vec_leaf_id[] = "%s";' % lid)
    print("static const struct { const char *type, *hex; } vec_leaves[] = {")
    for name, enc in LEAVES.items():
        print('    { "%s", "%s" },' % (name, enc.hex()))
    print("};\n/* clang-format on */")


main()
