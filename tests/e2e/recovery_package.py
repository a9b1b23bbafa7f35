#!/usr/bin/env python3
"""recovery_package.py BUNDLE PLACE SEED: opens an RSA holder's package of a genesis bundle, by
specs/genesis.md and specs/recovery.md alone. SEED is a file with what RSA-OAEP decrypted; with - the cipher text that is
to be decrypted goes to standard output. Exits with 0 if the share is the one that the set names."""
import hashlib, hmac, sys
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

SIZES = {1: 32, 2: 256, 3: 384, 4: 512}


class Reader:
    def __init__(self, b):
        self.b, self.at = b, 0

    def take(self, n):
        self.at += n
        assert self.at <= len(self.b)
        return self.b[self.at - n:self.at]

    def u8(self):
        return self.take(1)[0]

    def lp(self):
        return self.take(int.from_bytes(self.take(4), "big"))


def lp(b):
    return len(b).to_bytes(4, "big") + b


def label(s):
    return lp(b"sealring/v1/" + s)


def holders_of(parameters):
    r = Reader(parameters)
    assert r.u8() == 1 and r.lp() == b"production"
    r.take(32)
    r.take(32 * r.u8() + 1 + 32)  # operators, k, first policy
    for _ in range(r.u8()):
        r.lp()
        r.take(32 * r.u8())
    r.take(32 * r.u8() + 1)  # AK certifiers
    r.take(32 * r.u8() + 1)  # witnesses
    holders = []
    for _ in range(r.u8()):
        kind = r.u8()
        holders.append((kind, r.take(SIZES[kind])))
    t = r.u8()
    assert r.at == len(r.b)
    return holders, t


bundle, place, seed = Reader(open(sys.argv[1], "rb").read()), int(sys.argv[2]), sys.argv[3]
assert bundle.u8() == 2
record = bundle.lp()
bundle.lp(), bundle.take(8), bundle.lp(), bundle.lp(), bundle.lp()
recovery = Reader(bundle.lp())
holders, t = holders_of(Reader(record).lp())
cid = hashlib.sha256(label(b"genesis") + lp(b"production") + lp(record)).digest()

assert recovery.u8() == 1
pub = recovery.take(32)
assert (recovery.u8(), recovery.u8()) == (t, len(holders))
packages = [(recovery.take(32), recovery.take(SIZES[kind]), recovery.take(48)) for kind, _ in holders]
recovery.take(80)
assert recovery.at == len(recovery.b) and bundle.at == len(bundle.b)

kind, key = holders[place - 1]
digest, enc, box = packages[place - 1]
if seed == "-":
    sys.stdout.buffer.write(enc)
    sys.exit(0)
about = cid + pub + bytes([t, len(holders), place, kind]) + key
prk = hmac.digest(bytes(32), open(seed, "rb").read(), "sha256")
once = hmac.digest(prk, label(b"recovery/seed") + lp(lp(enc) + about) + b"\x01", "sha256")
share = ChaCha20Poly1305(once).decrypt(bytes(12), box, about)
assert hashlib.sha256(label(b"recovery/share-hash") + lp(cid) + place.to_bytes(8, "big") + lp(share)).digest() == digest
