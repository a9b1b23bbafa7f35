#!/usr/bin/env python3
"""Writes tests/unit/rows_recovery.inc: recorded recovery sets, Ed25519 keys taken over to X25519 and spellings of RSA keys,
and tests/holder_keys.inc: RSA holders. Computed from specs/recovery.md, RFC 7748 and RFC 8017; nothing is shared with
crypto/ or proto/."""
import sys
from sealing import *

sys.path.insert(0, str(root / "tests/vectors"))
sys.stdout = open("/dev/null", "w")  # share.py prints its own rows
import share

sys.stdout = sys.__stdout__
PRIME = 2**255 - 19


def from_ed25519(seed):
    """RFC 8032, 5.1.5 and RFC 7748, 4.1: u = (1 + y) / (1 - y)."""
    y = int.from_bytes(Signer(seed).pub, "little") & (1 << 255) - 1
    pub = ((1 + y) * pow(1 - y, -1, PRIME) % PRIME).to_bytes(32, "little")
    k = bytearray(hashlib.sha512(seed).digest()[:32])
    k[0], k[31] = k[0] & 248, k[31] & 127 | 64
    assert x_pub(bytes(k)) == pub
    return bytes(k), pub


# ---- RSA by the numbers (RFC 8017) and its keys in DER (X.690) ----
SMALL = [p for p in range(3, 2000, 2) if all(p % q for q in range(3, int(p**0.5) + 1, 2))]


def prime(name, bits, e):
    """The first number from there on that passes for a prime; its two highest bits are set, so that a product is long."""
    p = int.from_bytes(fill(name, bits // 8), "big") | 3 << bits - 2 | 1
    while any(p % q == 0 for q in SMALL) or pow(2, p - 1, p) != 1 or pow(3, p - 1, p) != 1 or p % e == 1:
        p += 2
    return p


def rsa(bits, e=65537):
    p, q = (prime(b"rsa %d %s" % (bits, s), bits // 2, e) for s in (b"p", b"q"))
    return {"n": p * q, "e": e, "d": pow(e, -1, (p - 1) * (q - 1)), "p": p, "q": q}


def big(n):
    return n.to_bytes((n.bit_length() + 7) // 8, "big")


def der(tag, body):
    length = big(len(body))
    return bytes([tag]) + (bytes([len(body)]) if len(body) < 128 else bytes([128 + len(length)]) + length) + body


def integer(n):
    return der(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def oid(*arcs):
    out = bytes([arcs[0] * 40 + arcs[1]])
    for a in arcs[2:]:
        out += bytes([a >> s & 127 | (128 if s else 0) for s in (14, 7, 0) if a >> s or not s])
    return der(6, out)


PKCS1 = (1, 2, 840, 113549, 1, 1)
NULL = der(5, b"")


def spki(numbers, kind=1, parameters=NULL):
    return der(0x30, der(0x30, oid(*PKCS1, kind) + parameters) + der(3, b"\x00" + numbers))


def public(k):
    return der(0x30, integer(k["n"]) + integer(k["e"]))


def private(k, kind=1, parameters=NULL):
    """PKCS #8 around PKCS #1."""
    d, p, q = k["d"], k["p"], k["q"]
    one = der(0x30, b"".join(integer(x) for x in (0, k["n"], k["e"], d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))))
    return der(0x30, integer(0) + der(0x30, oid(*PKCS1, kind) + parameters) + der(4, one)), one


def mgf1(seed, n):
    return b"".join(hashlib.sha256(seed + u(i, 32)).digest() for i in range(n // 32 + 1))[:n]


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def oaep(n, e, plain, seed):
    """7.1.1 with SHA-256 and no label."""
    size = len(big(n))
    block = hashlib.sha256(b"").digest() + bytes(size - len(plain) - 66) + b"\x01" + plain
    masked = xor(block, mgf1(seed, len(block)))
    m = b"\x00" + xor(seed, mgf1(masked, 32)) + masked
    return pow(int.from_bytes(m, "big"), e, n).to_bytes(size, "big")


KINDS = {1: "x25519", 2: "rsa-2048", 3: "rsa-3072", 4: "rsa-4096"}
keys = {bits: rsa(bits) for bits in (2048, 3072, 4096)}
cid, master, commit, t = fill(b"cid"), fill(b"master"), fill(b"commit", 64), 2
holders = sorted((1, x_pub(fill(b"holder %d" % i))) for i in range(3))
mixed = sorted([(1, x_pub(fill(b"holder 0")))] + [(kind, big(keys[bits]["n"])) for kind, bits in ((2, 2048), (3, 3072), (4, 4096))])
key = fill(b"recovery key")
pub, rows = x_pub(key), [fill(b"row %d" % i) for i in range(t - 1)]


def seal(name, to, eph, aad, plain):
    enc, ct, _ = hpke_send(to, label(name), eph, None, aad, plain)
    return enc + ct


def seal_rsa(to, i, about, plain):
    """A seed for the holder; of it and of all that the share is about, a key for once."""
    seed = fill(b"eph %d" % i)
    enc = oaep(int.from_bytes(to, "big"), 65537, seed, fill(b"oaep %d" % i))
    once = derive(seed, b"recovery/seed", lp(enc) + about)
    return enc + ChaCha20Poly1305(once).encrypt(bytes(12), plain, about)


def package(to, i):
    y = share.share(i + 1, key, rows)
    digest = hashlib.sha256(label(b"recovery/share-hash") + lp(cid) + u(i + 1, 64) + lp(y)).digest()
    kind, pub_i = to[i]
    about = cid + pub + bytes([t, len(to), i + 1, kind]) + pub_i
    if kind == 1:
        return digest + seal(b"recovery/share", pub_i, fill(b"eph %d" % i), about, y)
    return digest + seal_rsa(pub_i, i, about, y)


def recovery_set(to):
    return (b"\x01" + pub + bytes([t, len(to)]) + b"".join(package(to, i) for i in range(len(to)))
            + seal(b"recovery/master", pub, fill(b"eph master"), cid + u(1, 64) + commit, master))


whole, whole_mixed = recovery_set(holders), recovery_set(mixed)
# The genesis parameters of tests/handshake.h with those holders.
params = (b"\x01" + lp(MODE) + fill(b"salt") + b"\x01" + Signer(fill(b"operator")).pub + b"\x01" + fill(b"first policy")
          + b"\x01" + lp(b"tpm") + b"\x01" + fill(b"vendor root") + b"\x01" + Signer(fill(b"certifier")).pub + b"\x01"
          + b"\x00\x00" + bytes([len(mixed)]) + b"".join(bytes([kind]) + k for kind, k in mixed) + bytes([t]))
# ---- a ceremony: what the node asks, what two holders give, what the log keeps ----
ceremony, session, policy, created, number = fill(b"ceremony"), x_pub(fill(b"session")), fill(b"policy"), 1700000000, 7
epoch, chain, level = 3, fill(b"chain"), b"\x03" + u(9, 64)
request = (b"\x02" + cid + ceremony + u(created, 64) + session + u(number, 64) + policy
           + u(epoch, 64) + chain + level + lp(b"tpm") + lp(b"evidence"))
rd = H(b"recovery/evidence", lp(cid), lp(ceremony), u(created, 64), lp(session), u(number, 64), lp(policy), u(epoch, 64),
       lp(chain), lp(b"tpm"), level)
ak_network = hashlib.sha256(label(b"recovery/ceremony") + lp(cid) + lp(ceremony)).digest()
asked = hashlib.sha256(request).digest()


def message(i):
    x = bytes([i + 1])
    return (b"\x01" + cid + asked + x
            + seal(b"recovery/transfer", session, fill(b"transfer %d" % i), cid + asked + x, share.share(i + 1, key, rows)))


given = {i: message(i) for i in (0, 2)}
transcript = H(b"recovery/transcript", lp(asked), *(u(i + 1, 64) + lp(hashlib.sha256(m).digest()) for i, m in given.items()))

# ---- what a member publishes: two later masters, sealed and signed ----
later = b"".join(u(e, 64) + seal(b"recovery/master", pub, fill(b"eph later %d" % e), cid + u(e, 64) + fill(b"commit %d" % e, 64),
                                 fill(b"later %d" % e)) for e in (2, 3))
head = b"\x41" + lp(b"bundle") + lp(b"chain") + lp(later)
signature = Signer(fill(b"member")).sign(b"recovery/file", cid + hashlib.sha256(head).digest())
recovery_file = head + lp(b"certificate") + signature

# ---- keys that are holders' and keys that are not ----
k = keys[2048]
n, numbers = k["n"], public(k)
long_form = b"\x30\x83\x00" + spki(numbers)[2:]
spellings = [(spki(public(keys[bits])), name) for bits, name in ((2048, "rsa-2048"), (3072, "rsa-3072"), (4096, "rsa-4096"))]
spellings += [(bytes.fromhex("302a300506032b656e032100") + mixed[0][1], "x25519")]
refused = [
    (spki(public(rsa(1024))), "1024 bits"),
    (spki(public({"n": n >> 8 | 1, "e": 65537})), "2040 bits"),
    (spki(public({"n": n * 257, "e": 65537})), "2056 bits"),
    (spki(public({"n": n >> 1 | 1, "e": 65537})), "2047 bits, as many bytes"),
    (spki(public({"n": n - 1, "e": 65537})), "an even modulus"),
    (spki(public({"n": n, "e": 3})), "exponent 3"),
    (spki(public({"n": n, "e": 65539})), "exponent 65539"),
    (spki(public({"n": n, "e": 2**32 + 15})), "an exponent of five bytes"),
    (spki(numbers, parameters=b""), "no parameters"),
    (spki(numbers, kind=10, parameters=der(0x30, b"")), "RSASSA-PSS"),
    (spki(numbers, kind=7, parameters=der(0x30, b"")), "RSAES-OAEP"),
    (long_form, "a length of three bytes"),
    (spki(der(0x30, der(2, bytes(2) + big(n)) + integer(65537))), "a modulus with another zero"),
    (spki(der(0x30, der(2, big(n)) + integer(65537))), "a negative modulus"),
    (spki(der(0x30, integer(n) + der(2, bytes.fromhex("00010001")))), "an exponent with a zero"),
    (spki(numbers) + b"\x00", "a byte more"),
    (numbers, "PKCS #1"),
    (bytes.fromhex("302a300506032b656e032100") + b"\xed" + b"\xff" * 30 + b"\x7f", "the prime of the curve"),
    (bytes.fromhex("302a300506032b656e032100") + mixed[0][1][:31] + bytes([mixed[0][1][31] | 128]), "the bit that X25519 passes over"),
    (bytes.fromhex("302a300506032b656f032100") + mixed[0][1], "X448 in name"),
]



def lines(value):
    return [f'    "{value[i:i + 48].hex()}"\n' for i in range(0, len(value), 48)]


HEAD = "/* Made by tests/vectors-src/recovery.py. */\n"
out = [HEAD, "static const struct {\n    const char *seed, *key, *pub;\n} rows_ed25519[] = {\n"]
for i in range(4):
    seed = fill(b"ed25519 %d" % i)
    k, p = from_ed25519(seed)
    out.append(f'    {{ "{seed.hex()}",\n      "{k.hex()}",\n      "{p.hex()}" }},\n')
out.append("};\n")
for table, rows_of in (("spki", [(d, what, hashlib.sha256(d).hexdigest()) for d, what in spellings]), ("spki_refused", refused)):
    out.append(f"static const struct {{\n    const char *what, *der{', *pin' if table == 'spki' else ''};\n}} rows_{table}[] = {{\n")
    for d, what, *pin in rows_of:
        out += [f'    {{ "{what}",\n'] + lines(d) + [f'      , "{p}"\n' for p in pin] + ["    },\n"]
    out.append("};\n")
for name, value in (("set", whole), ("mixed_set", whole_mixed), ("mixed_params", params), ("request", request), ("rd", rd),
                    ("ak_network", ak_network), ("message_1", given[0]), ("message_3", given[2]), ("transcript", transcript),
                    ("file", recovery_file)):
    out.append(f"static const char row_{name}[] =\n")
    out += lines(value) + ["    ;\n"]
(root / "tests/unit/rows_recovery.inc").write_text("".join(out))

out = [HEAD, "/* RSA private keys, PKCS #8 in DER: of recovery holders, and some that are not. */\n"]
pkcs8 = {f"rsa_{bits}": private(k)[0] for bits, k in keys.items()}
pkcs8 |= {"rsa_1024": private(rsa(1024))[0], "rsa_2304": private(rsa(2304))[0], "rsa_e3": private(rsa(2048, 3))[0],
          "rsa_pss": private(keys[2048], 10, der(0x30, b""))[0], "rsa_pkcs1": private(keys[2048])[1]}
for name, value in pkcs8.items():
    out += [f"static const char key_{name}[] =\n"] + lines(value) + ["    ;\n"]
(root / "tests/holder_keys.inc").write_text("".join(out))
