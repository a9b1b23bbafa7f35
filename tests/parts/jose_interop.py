"""jose_interop.py TOOL - what we seal, "jose" (Debian, latchset) opens; what it signs, we verify; and the other way round.
RSA is opened with
python3-cryptography where there is one."""
import base64
import json
import os
import shutil
import subprocess
import sys

passed = failed = skipped = 0


def check(what, good, more=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED:", what, more)


def b64(b):
    return base64.urlsafe_b64encode(b).rstrip(b"=").decode()


def unb64(s):
    return base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))


def jose(*args, data=None):
    r = subprocess.run(["jose", *args], input=data, capture_output=True)
    return r.stdout if r.returncode == 0 else None


if not shutil.which("jose"):
    print("skipped: no jose (Debian package jose)")
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(77)

tool = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(verb, *fields):
    tool.stdin.write(" ".join([verb, *((f.encode() if isinstance(f, str) else f).hex() for f in fields)]) + "\n")
    tool.stdin.flush()
    return tool.stdout.readline().strip()


def public(key, alg):
    pub = {k: v for k, v in key.items() if k in ("kty", "crv", "x", "y", "n", "e")}
    return json.dumps({**pub, "alg": alg})


def test_jwe(gen, alg):
    key = json.loads(jose("jwk", "gen", "-i", json.dumps({**gen})))
    key.pop("alg", None)
    for size in (0, 1, 32, 1000, 5000):
        plain = os.urandom(size)
        jwe = ask("seal", "flattened", public(key, alg), plain)
        with open(f"{TMP}/key.jwk", "w") as f:
            json.dump(key, f)
        got = jose("jwe", "dec", "-i-", "-k", f"{TMP}/key.jwk", data=jwe.encode())
        check(f"{alg} {gen}: {size} bytes", got == plain, jwe[:200])
        header = json.loads(unb64(json.loads(jwe)["protected"]))
        check(f"{alg}: the header is compact, alg before enc", unb64(json.loads(jwe)["protected"]).decode() ==
              json.dumps(header, separators=(",", ":")) and list(header)[:2] == ["alg", "enc"])
    if size:
        bad = json.loads(jwe)
        bad["tag"] = b64(bytes(16))
        check("a changed tag does not open", jose("jwe", "dec", "-i-", "-k", f"{TMP}/key.jwk", data=json.dumps(bad).encode()) is None)


def test_rsa():
    """Debian's jose has no working RSA-OAEP-256, and nobody has the replies of 0.1.x."""
    global skipped
    try:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError:
        print("skipped: no python3-cryptography for RSA")
        skipped += 1
        return
    key = rsa.generate_private_key(65537, 2048)
    n = key.public_key().public_numbers().n
    jwk = {"kty": "RSA", "n": b64(n.to_bytes(256, "big")), "e": "AQAB"}
    for alg, pad in (("RSA-OAEP-256", padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)), ("RSA1_5", padding.PKCS1v15())):
        reply = json.loads(ask("seal", "flattened", public(jwk, alg), b"new secret"))
        check(f"{alg}: the header", unb64(reply["protected"]).decode() == '{"alg":"%s","enc":"A256GCM"}' % alg)
        cek = key.decrypt(unb64(reply["encrypted_key"]), pad)
        check(f"{alg}: it opens", AESGCM(cek).decrypt(unb64(reply["iv"]), unb64(reply["ciphertext"]) + unb64(reply["tag"]),
                                                      reply["protected"].encode()) == b"new secret")
    reply = json.loads(ask("seal", "legacy", public(jwk, "RSA1_5"), b"old secret"))
    check("0.1.x: the header as text", reply["protected"] == '{"alg":"RSA1_5","enc":"A256GCM"}' and reply["tag"] == "")
    cek = key.decrypt(unb64(reply["encrypted_key"]), padding.PKCS1v15())
    check("0.1.x: it opens", AESGCM(cek).decrypt(unb64(reply["iv"]), unb64(reply["ciphertext"]), None) == b"old secret")


def test_jws():
    scalar = os.urandom(16).rjust(32, b"\1")
    token, key = ask("sign", scalar, "kid-1", '{"sub":"x","exp":1}').split(" ")
    with open(f"{TMP}/pub.jwk", "w") as f:
        f.write(key)
    out = jose("jws", "ver", "-i-", "-k", f"{TMP}/pub.jwk", "-O-", data=token.encode())
    check("jose verifies our ES256", out == b'{"sub":"x","exp":1}', token)
    check("and not another payload", jose("jws", "ver", "-i-", "-k", f"{TMP}/pub.jwk", data=(
        token.split(".")[0] + "." + b64(b"{}") + "." + token.split(".")[2]).encode()) is None)
    pub = json.loads(key)
    with open(f"{TMP}/priv.jwk", "w") as f:
        json.dump({"kty": "EC", "crv": "P-256", "x": pub["x"], "y": pub["y"], "d": b64(scalar)}, f)
    theirs = jose("jws", "sig", "-I-", "-k", f"{TMP}/priv.jwk", "-s", '{"protected":{"alg":"ES256"}}', "-c", data=b'{"a":1}')
    check("we verify jose's ES256", ask("es256", scalar, theirs.strip()) == "good", theirs)
    check("and not under another key", ask("es256", bytes(31) + b"\7", theirs.strip()) == "refused")


TMP = os.environ.get("TMPDIR", "/tmp") + f"/jose-interop-{os.getpid()}"
os.mkdir(TMP, 0o700)
try:
    test_jwe({"kty": "EC", "crv": "P-256"}, "ECDH-ES+A256KW")
    test_jwe({"kty": "EC", "crv": "P-521"}, "ECDH-ES+A256KW")
    test_rsa()
    test_jws()
finally:
    shutil.rmtree(TMP)
print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
sys.exit(failed != 0)
