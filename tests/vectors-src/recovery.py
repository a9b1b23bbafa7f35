#!/usr/bin/env python3
"""Writes tests/unit/rows_recovery.inc: a recorded recovery set, and Ed25519 keys taken over to X25519, computed from
specs/recovery.md and RFC 7748; nothing is shared with crypto/ or proto/."""
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


cid, master, commit, t = fill(b"cid"), fill(b"master"), fill(b"commit", 64), 2
holders = sorted(x_pub(fill(b"holder %d" % i)) for i in range(3))
key = fill(b"recovery key")
pub, rows = x_pub(key), [fill(b"row %d" % i) for i in range(t - 1)]


def seal(name, to, eph, aad, plain):
    enc, ct, _ = hpke_send(to, label(name), eph, None, aad, plain)
    return enc + ct


def package(i):
    y = share.share(i + 1, key, rows)
    digest = hashlib.sha256(label(b"recovery/share-hash") + lp(cid) + u(i + 1, 64) + lp(y)).digest()
    about = cid + pub + bytes([t, len(holders), i + 1]) + holders[i]
    return digest + seal(b"recovery/share", holders[i], fill(b"eph %d" % i), about, y)


whole = (b"\x01" + pub + bytes([t, len(holders)]) + b"".join(package(i) for i in range(len(holders)))
         + seal(b"recovery/master", pub, fill(b"eph master"), cid + u(1, 64) + commit, master))
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

out = ["/* Made by tests/vectors-src/recovery.py. */\n", "static const char row_set[] =\n"]
out += [f'    "{whole[i:i + 48].hex()}"\n' for i in range(0, len(whole), 48)]
out += [";\nstatic const struct {\n    const char *seed, *key, *pub;\n} rows_ed25519[] = {\n"]
for i in range(4):
    seed = fill(b"ed25519 %d" % i)
    k, p = from_ed25519(seed)
    out.append(f'    {{ "{seed.hex()}",\n      "{k.hex()}",\n      "{p.hex()}" }},\n')
out.append("};\n")
for name, value in (("request", request), ("rd", rd), ("ak_network", ak_network), ("message_1", given[0]),
                    ("message_3", given[2]), ("transcript", transcript), ("file", recovery_file)):
    out.append(f"static const char row_{name}[] =\n")
    out += [f'    "{value[i:i + 48].hex()}"\n' for i in range(0, len(value), 48)] + ["    ;\n"]
(root / "tests/unit/rows_recovery.inc").write_text("".join(out))
