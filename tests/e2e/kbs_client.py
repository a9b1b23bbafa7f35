"""kbs_client.py - a guest's side of the KBS protocol, written from its facts: HTTP with a cookie jar, keys, and replies opened
by python3-cryptography, with the header serialised again for the AAD as the client does it. For kbs.py and kbs_replay.py."""
import base64
import hashlib
import http.client
import json
import re

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

EXCHANGES = []  # what was said, for openapi.py


def b64(b):
    return base64.urlsafe_b64encode(b).rstrip(b"=").decode()


def unb64(s):
    assert "=" not in s and "+" not in s and "/" not in s
    return base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))


def compact(v):
    return json.dumps(v, separators=(",", ":"), ensure_ascii=False)


def jcs(v):
    return json.dumps(v, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


# ---- HTTP as reqwest does it: a cookie jar, keep-alive ----

class Http:
    def __init__(self, url):
        self.at = url.split("//")[1]
        self.jar = {}
        self.connection = http.client.HTTPConnection(self.at, timeout=30)

    def __call__(self, method, path, body=None, headers=None, cookies=True):
        headers = dict(headers or {})
        if self.jar and cookies:
            headers["cookie"] = "; ".join(f"{k}={v}" for k, v in self.jar.items())
        if isinstance(body, (dict, list)):
            headers.setdefault("content-type", "application/json")
            body = compact(body).encode()
        try:
            self.connection.request(method, path, body, headers)
            r = self.connection.getresponse()
        except (http.client.HTTPException, OSError):
            self.connection.close()
            self.connection.request(method, path, body, headers)
            r = self.connection.getresponse()
        data = r.read()
        for h in r.headers.get_all("Set-Cookie") or []:
            m = re.fullmatch(r"([^=;]+)=([^;]+)((?:; [A-Za-z-]+(?:=[^;]*)?)*)", h)
            self.jar[m[1]] = m[2]
            self.last_cookie = h
        if re.fullmatch(r"/kbs(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+", path) and r.status not in (413, 431) and r.headers["X-Request-Id"]:
            EXCHANGES.append({"method": method, "target": path, "status": r.status, "type": r.headers["Content-Type"] or "application/json",
                              "answer": base64.b64encode(data or b"{}").decode()})
        return r.status, data


def is_error(data, variant=None):
    """ErrorInformation: exactly these two, both text."""
    try:
        e = json.loads(data)
    except ValueError:
        return False
    if set(e) != {"type", "detail"} or not e["type"].startswith("https://github.com/confidential-containers/kbs/errors/"):
        return False
    return variant is None or e["type"].endswith("/" + variant)


# ---- keys and replies as kbs_protocol has them ----

class EcKey:
    def __init__(self, curve=ec.SECP256R1(), crv="P-256", size=32):
        self.key, self.crv, self.size, self.curve = ec.generate_private_key(curve), crv, size, curve

    def jwk(self):
        n = self.key.public_key().public_numbers()
        return {"kty": "EC", "crv": self.crv, "alg": "ECDH-ES+A256KW", "x": b64(n.x.to_bytes(self.size, "big")), "y": b64(n.y.to_bytes(self.size, "big"))}

    def cek(self, header, wrapped):
        epk = header["epk"]
        assert header["alg"] == "ECDH-ES+A256KW" and epk["kty"] == "EC" and epk["crv"] == self.crv
        x, y = (int.from_bytes(unb64(epk[k]), "big") for k in "xy")
        z = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicNumbers(x, y, self.curve).public_key())
        alg = b"ECDH-ES+A256KW"
        kek = hashlib.sha256(b"\0\0\0\1" + z + len(alg).to_bytes(4, "big") + alg + bytes(8) + (256).to_bytes(4, "big")).digest()
        return aes_key_unwrap(kek, wrapped)


class RsaKey:
    def __init__(self, alg):
        self.key, self.alg = rsa.generate_private_key(65537, 2048), alg

    def jwk(self):
        n = self.key.public_key().public_numbers().n
        return {"kty": "RSA", "alg": self.alg, "n": b64(n.to_bytes(256, "big")), "e": "AQAB"}

    def cek(self, header, wrapped):
        assert header["alg"] == self.alg
        pad = padding.PKCS1v15() if self.alg == "RSA1_5" else padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        return self.key.decrypt(wrapped, pad)


def open_reply(data, key, legacy=False):
    """The header is parsed and serialised again, as the client does it, with a sorted map and with one that keeps the order."""
    r = json.loads(data)
    assert set(r) == {"protected", "encrypted_key", "iv", "ciphertext", "tag"}
    if legacy:
        header = json.loads(r["protected"])
        return AESGCM(key.cek(header, unb64(r["encrypted_key"]))).decrypt(unb64(r["iv"]), unb64(r["ciphertext"]), None)
    header = json.loads(unb64(r["protected"]))
    assert header["enc"] == "A256GCM"
    others = {k: v for k, v in header.items() if k not in ("alg", "enc")}
    for rest in (others, json.loads(jcs(others))):
        again = compact({"alg": header["alg"], "enc": header["enc"], **rest})
        assert b64(again.encode()) == r["protected"]
        plain = AESGCM(key.cek(header, unb64(r["encrypted_key"]))).decrypt(unb64(r["iv"]), unb64(r["ciphertext"]) + unb64(r["tag"]), b64(again.encode()).encode())
    return plain
