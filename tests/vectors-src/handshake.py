#!/usr/bin/env python3
"""Writes tests/unit/rows_handshake.inc: a whole recorded join and release, byte for byte, computed from the
specifications (specs/genesis.md, join.md, release.md, packages.md) with hashlib, hmac and the `cryptography`
package (pip install cryptography), sharing nothing with proto/. HPKE is written out from RFC 9180."""
import hashlib
from sealing import *

CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def bech32m(hrp, data):
    """BIP 350."""
    bits = "".join(f"{b:08b}" for b in data)
    bits += "0" * (-len(bits) % 5)
    v = [int(bits[i:i + 5], 2) for i in range(0, len(bits), 5)]
    chk = 1
    for x in [ord(c) >> 5 for c in hrp] + [0] + [ord(c) & 31 for c in hrp] + v + [0] * 6:
        top = chk >> 25
        chk = (chk & 0x1ffffff) << 5 ^ x
        for i, g in enumerate((0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3)):
            chk ^= g if top >> i & 1 else 0
    chk ^= 0x2bc830a3
    v += [chk >> 5 * (5 - i) & 31 for i in range(6)]
    return hrp + "1" + "".join(CHARSET[x] for x in v)


assert bech32m("a", b"") == "a1lqfn3a"  # BIP 350, test vectors

# ---- the network ----
salt, master = fill(b"salt"), fill(b"master")
operator, certifier = Signer(fill(b"operator")), Signer(fill(b"certifier"))
policy_hash = fill(b"first policy")
params = (b"\x01" + lp(MODE) + salt + b"\x01" + operator.pub + b"\x01" + policy_hash
          + b"\x01" + lp(b"tpm") + b"\x01" + fill(b"vendor root")
          + b"\x01" + certifier.pub + b"\x01" + b"\x00\x00" + b"\x00\x00")
context = salt + u(1, 64)
release, akca, member_ca = (Signer(derive(master, s, context)) for s in (b"key/release-sign", b"key/ak-ca", b"key/member-ca"))
network = x_pub(derive(master, b"key/network-hpke", context))
commit = H(b"master/commit", lp(salt), u(1, 64), lp(master))
record = lp(params) + commit + release.pub + network + akca.pub + member_ca.pub
cid = hashlib.sha256(label(b"genesis") + lp(MODE) + lp(record)).digest()

# ---- both sides' recorded randomness ----
NOW, TTL = 1000000, 30000
idB, idJ, member, machine = (Signer(fill(s)) for s in (b"idB", b"idJ", b"member", b"good machine"))
nonce_key, nJ, ekJ = fill(b"nonce key"), fill(b"nJ"), fill(b"ekJ")
address = b"https://b.example:7443"


def attest(rd):
    body = lp(b"tpm") + rd
    return body + machine.raw(body)


def head(t):
    return u(1, 16) + bytes([t])


def rollback(level, count):
    return bytes([level]) + u(count, 64)


# ---- join ----
m1 = head(1) + b"\x01" + u(1, 16) + cid + lp(b"join") + lp(b"tpm") + nJ
draw = fill(b"challenge")
sid = draw[:16]
m2 = (head(2) + u(1, 16) + cid + sid + u(NOW, 64) + draw[16:] + u(1, 64) + u(1, 64) + u(1, 64) + policy_hash
      + idB.pub + u(TTL, 32))
m2 += mac(nonce_key, b"nonce", lp(b"join") + hashlib.sha512(m1).digest() + lp(m2))
th1 = H(b"join/th1", lp(m1), lp(m2), lp(fill(b"exporter")))
rdJ = H(b"join/evidence/joiner", th1, lp(x_pub(ekJ)), lp(idJ.pub), lp(member.pub), lp(b"tpm"), rollback(2, 7))
m3 = (head(3) + lp(m1) + lp(m2) + b"\x01" + x_pub(ekJ) + idJ.pub + member.pub + lp(address) + rollback(2, 7)
      + lp(attest(rdJ)))
th2 = H(b"join/th2", th1, lp(m3))
m3 += member.sign(b"join/sig/member", th2) + idJ.sign(b"join/sig/joiner", th2)

bundle = b"\x01" + cid + u(1, 16) + u(1, 64) + b"\x01" + master
grant = fill(b"grant", 64)
ekB, eph = grant[:32], grant[32:]
enc, ct, keys = hpke_send(x_pub(ekJ), label(b"join/seal") + th2, eph, ekB, th2 + u(1, 64) + u(1, 64), bundle,
                          PREFIX + b"join/confirm")
h_ct = hashlib.sha512(ct).digest()
rdB = H(b"join/evidence/granter", th2, lp(x_pub(ekB)), lp(idB.pub), lp(enc), lp(h_ct), lp(b"tpm"), rollback(3, 9))
m4 = (head(4) + sid + x_pub(ekB) + lp(b"tpm") + rollback(3, 9) + lp(attest(rdB)) + enc + lp(ct) + lp(record) + lp(b"\0\0")
      + lp(b'{"policy":1}') + lp(b"checkpoint"))
th3 = H(b"join/th3", th2, lp(m4))
m4 += idB.sign(b"join/sig/granter", th3)
m5 = head(5) + sid + mac(keys[:32], b"join/confirm/joiner", th3)
cert = b"\x01" + cid + u(1, 64) + member.pub + lp(address) + u(1700000000, 64) + bytes(16)
cert += member_ca.sign(b"member-certificate", cert)
m6 = head(6) + sid + lp(cert) + lp(b"leaf") + u(7, 64) + lp(b"proof") + lp(b"checkpoint 2")
m6 += mac(keys[32:], b"join/confirm/granter", th3 + m6)

# ---- release ----
w1 = (head(0x11) + cid + u(NOW, 64) + fill(b"W1", 16) + u(1, 64) + u(1, 64) + policy_hash + idB.pub + release.pub
      + u(TTL, 32))
w1 += mac(nonce_key, b"nonce", lp(b"release") + bytes(64) + lp(w1))
wants = sorted([lp(b"acme") + lp(b"app/db") + lp(b"secret") + u(0, 32) + u(0, 16),
                lp(b"acme") + lp(b"app/disk") + lp(b"raw") + u(1, 32) + u(32, 16)])
want = u(2, 16) + b"".join(lp(w) for w in wants)
ekW, cb = fill(b"ekW"), fill(b"exporter W")
rdW = H(b"release/evidence/workload", lp(H(b"release/w1", lp(w1))), lp(x_pub(ekW)), lp(H(b"release/want", lp(want))),
        lp(b"tpm"), lp(cb))
w2 = head(0x12) + lp(w1) + b"\x01" + x_pub(ekW) + lp(b"tpm") + lp(want) + lp(attest(rdW))
thW = H(b"release/th", lp(w2), lp(cb))
plain = u(2, 16) + b"".join(lp(w) + u(v, 32) + lp(fill(p)) + lp(b"")
                            for w, v, p in zip(wants, (4, 1), (b"app/db", b"app/disk")))
encW, ctW, _ = hpke_send(x_pub(ekW), label(b"release/seal") + thW, fill(b"eph W"), None,
                         lp(cid) + u(1, 64) + u(1, 64) + u(11, 64), plain)
w3 = head(0x13) + encW + lp(ctW) + u(11, 64) + lp(b"leaf") + lp(b"checkpoint")
w3 += release.sign(b"release/sig", thW + hashlib.sha512(w3).digest())

# ---- a package ----
admin = Signer(fill(b"admin"))
p = (b"\x01" + cid + lp(b"acme") + lp(b"app/db") + u(1, 32) + bytes(32) + b"\x01" + u(1, 64) + u(1700000000, 64))
encP, ctP, _ = hpke_send(network, label(b"package/seal"), fill(b"package eph"), None, p + admin.pub, b"hunter2")
p += encP + lp(ctP) + admin.pub
p += admin.sign(b"package/sig", p)

# ---- masters of epoch 2, with that of epoch 1 destroyed ----
lasting = b"".join(derive(master, s, context) for s in (b"key/index", b"key/log-salt", b"key/kbs-writer"))
masters = b"\x03" + cid + lasting + u(1, 16) + u(2, 64) + b"\x01" + fill(b"master 2")

out = ["/* Made by tests/vectors-src/handshake.py: SHA-256 of each message, whole. */\n",
       f'static const char row_cid_text[] = "{bech32m("sr", cid)}";\n',
       f'static const char row_cid[] = "{cid.hex()}";\n',
       f'static const char row_commit[] =\n    "{commit.hex()}";\n',
       "static const struct row {\n    const char *name;\n    size_t size;\n    const char *sha256;\n} rows[] = {\n"]
for name, m in [("record", record), ("m1", m1), ("m2", m2), ("m3", m3), ("m4", m4), ("m5", m5), ("m6", m6),
                ("w1", w1), ("w2", w2), ("w3", w3), ("package", p), ("masters", masters)]:
    out.append(f'    {{ "{name}", {len(m)}, "{hashlib.sha256(m).hexdigest()}" }},\n')
out.append("};\n")
(root / "tests/unit/rows_handshake.inc").write_text("".join(out))
