"""What the scripts beside this one share: labels, hashes, HKDF, signatures and HPKE (RFC 9180) by hashlib, hmac and the
`cryptography` package (pip install cryptography), from specs/crypto.md, sharing nothing with crypto/."""
import hashlib, hmac, pathlib
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

root = pathlib.Path(__file__).resolve().parents[2]
MODE, PREFIX = b"production", b"sealring/v1/"


def u(n, bits):
    return n.to_bytes(bits // 8, "big")


def lp(b):
    return u(len(b), 32) + b


def label(s):
    return lp(PREFIX + s)


def H(s, *parts):
    return hashlib.sha512(label(s) + b"".join(parts)).digest()


def mac(key, s, msg):
    return hmac.new(key, label(s) + msg, hashlib.sha256).digest()


def fill(name, n=32):
    out, i = b"", 0
    while len(out) < n:
        out, i = out + hashlib.sha512(name + bytes([i])).digest(), i + 1
    return out[:n]


def extract(salt, ikm):
    return hmac.new(salt or bytes(32), ikm, hashlib.sha256).digest()


def expand(prk, info, n):
    out, t, i = b"", b"", 1
    while len(out) < n:
        t = hmac.new(prk, t + info + bytes([i]), hashlib.sha256).digest()
        out, i = out + t, i + 1
    return out[:n]


def derive(master, s, context):
    return expand(extract(b"", master), label(s) + lp(context), 32)


class Signer:
    def __init__(self, seed):
        self.key = Ed25519PrivateKey.from_private_bytes(seed)
        self.pub = self.key.public_key().public_bytes_raw()

    def raw(self, msg):
        return self.key.sign(msg)

    def sign(self, s, msg):
        return self.key.sign(label(s) + msg)


def x_pub(sk):
    return X25519PrivateKey.from_private_bytes(sk).public_key().public_bytes_raw()


def dh(sk, pk):
    return X25519PrivateKey.from_private_bytes(sk).exchange(X25519PublicKey.from_public_bytes(pk))


def hpke_send(to, info, eph, sender, aad, plain, export=None):
    """RFC 9180 with DHKEM(X25519), HKDF-SHA256, ChaCha20-Poly1305; sender None: base, else auth."""
    kem, suite = b"KEM" + u(0x20, 16), b"HPKE" + u(0x20, 16) + u(1, 16) + u(3, 16)

    def ext(sid, salt, lab, ikm):
        return extract(salt, b"HPKE-v1" + sid + lab + ikm)

    def exp(sid, prk, lab, info_, n):
        return expand(prk, u(n, 16) + b"HPKE-v1" + sid + lab + info_, n)

    enc = x_pub(eph)
    shared_dh, ctx = dh(eph, to), enc + to
    if sender:
        shared_dh, ctx = shared_dh + dh(sender, to), ctx + x_pub(sender)
    shared = exp(kem, ext(kem, b"", b"eae_prk", shared_dh), b"shared_secret", ctx, 32)
    sched = bytes([2 if sender else 0]) + ext(suite, b"", b"psk_id_hash", b"") + ext(suite, b"", b"info_hash", info)
    secret = ext(suite, shared, b"secret", b"")
    key = exp(suite, secret, b"key", sched, 32)
    nonce = exp(suite, secret, b"base_nonce", sched, 12)
    exporter = exp(suite, secret, b"exp", sched, 32)
    ct = ChaCha20Poly1305(key).encrypt(nonce, plain, aad)
    return enc, ct, exp(suite, exporter, b"sec", export, 64) if export else None
