"""kbs.py BUILD DIR - guests of Confidential Containers at three nodes: an independent client, written from the protocol's facts,
that sends, hashes and checks what clients of versions 0.1.0 to 0.4.0 do (canonical JSON, the header serialised again for the
AAD, the status codes that it acts on), with replies opened by python3-cryptography. Then everything that must be refused."""
import base64
import hashlib
import http.client
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from kbs_client import EXCHANGES, EcKey, Http, RsaKey, b64, compact, is_error, jcs, open_reply, unb64
from mitm import Daemon

BUILD, DIR = sys.argv[1:3]
SECRET = b"the key of the disk " + os.urandom(8).hex().encode()
passed = failed = 0


def check(what, good, more=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED:", what, more)


# ---- the clients of each version ----

def digest(text):
    return hashlib.sha384(text.encode()).digest()


class Client:
    def __init__(self, url, version="0.4.0", key=None, declared=False):
        self.http, self.version, self.declared = Http(url), version, declared
        self.key = key or (RsaKey("RSA1_5") if version < "0.2.0" else EcKey())

    def request(self):
        extra = "" if self.version == "0.1.0" else {"supported-hash-algorithms": ["sha256", "sha384", "sha512"]}
        return {"version": self.version, "tee": "sample", "extra-params": extra}

    def auth(self):
        status, data = self.http("POST", "/kbs/v0/auth", self.request())
        assert status == 200, data
        challenge = json.loads(data)
        assert set(challenge) == {"nonce", "extra-params"}
        self.nonce = challenge["nonce"]
        return challenge

    def hashed(self, additional=""):
        if self.version >= "0.3.0":
            return digest(jcs({"additional-evidence": additional, "nonce": self.nonce, "tee-pubkey": self.key.jwk()}))
        data = {"tee-pubkey": self.key.jwk(), "nonce": self.nonce}
        if not self.declared:
            return digest(jcs(data))
        k = data["tee-pubkey"]
        order = ["kty", "alg", "n", "e"] if k["kty"] == "RSA" else ["kty", "crv", "alg", "x", "y"]
        return digest(compact({"tee-pubkey": {m: k[m] for m in order}, "nonce": self.nonce}))

    def body(self, additional="", init=None, rd=None):
        evidence = {"svn": "1", "report_data": base64.b64encode(rd or self.hashed(additional)).decode()}
        if self.version == "0.1.0":
            return {"tee-pubkey": self.key.jwk(), "tee-evidence": compact(evidence)}
        if self.version < "0.3.0":
            return {"tee-pubkey": self.key.jwk(), "tee-evidence": evidence}
        composite = {"primary_evidence": evidence, "additional_evidence": additional}
        if self.version == "0.3.0":
            return {"tee-pubkey": self.key.jwk(), "tee-evidence": composite}
        return {"init-data": init, "runtime-data": {"nonce": self.nonce, "tee-pubkey": self.key.jwk()}, "tee-evidence": composite}

    def attest(self, **more):
        status, data = self.http("POST", "/kbs/v0/attest", self.body(**more))
        if status == 200:
            self.token = json.loads(data)["token"]
        return status, data

    def get(self, path, bearer=None):
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        return self.http("GET", f"/kbs/v0/resource/{path}", headers=headers, cookies=not bearer)

    def fetch(self, path):
        """As kbs_protocol does it: at most three GETs, attesting after a 401; 404 and others end it."""
        self.attested = 0
        for _ in range(3):
            status, data = self.get(path)
            if status == 200:
                return status, open_reply(data, self.key, self.version < "0.2.0")
            assert is_error(data), (status, data)
            if status != 401:
                return status, data
            self.auth()
            self.attested += 1
            status, data = self.attest()
            if status != 200:
                return status, data
        return 401, data


# ---- three nodes ----

def daemon(name, program, *flags):
    folder = f"{DIR}/{name}"
    os.makedirs(folder, exist_ok=True)
    return Daemon([f"{BUILD}/{program}", "--platform", "insecure", "--state-dir", f"{folder}/state", "--listen-plain", "127.0.0.1:0",
                   "--admin-socket", f"{folder}/admin", "--sync-seconds", "1", *flags], f"{folder}/log")


def sealring(*args, data=None):
    r = subprocess.run([f"{BUILD}/sealring-insecure", *args], input=data, capture_output=True)
    return r.returncode == 0, (r.stdout + r.stderr).decode()


one = daemon("one", "sealring-bootstrap-insecure", "--genesis", f"{DIR}/genesis.json", "--genesis-policy", f"{DIR}/policy.json")
check("a network", one.wait("msg=ready") == "msg=ready")
cid = re.findall(r"msg=ready cid=(\S+)", one.lines())[0]
two = daemon("two", "sealring-node-insecure", "--cid", cid, "--join", one.url())
check("a second member", two.wait("msg=ready") == "msg=ready")
ONE, TWO = one.url(), two.url()
ok, said = sealring("put", "--node", ONE, "--cid", cid, "--tenant", "demo", "--key", f"{DIR}/admin.key", "key/one", data=SECRET)
check("a secret is put", ok, said)
for _ in range(100):
    if "1" in str(json.loads(Http(TWO)("GET", "/sealring/v1/status")[1]).get("members", [])):
        pass
    ok, said = sealring("fetch", "--platform", "insecure", "--node", TWO, "--cid", cid, "demo:key/one")
    if "not-found" not in said:
        break
    time.sleep(0.1)

# ---- every version, every kind of key, both modes ----

P521 = lambda: EcKey(ec.SECP521R1(), "P-521", 66)
for version, key, declared in (("0.1.0", None, False), ("0.1.0", None, True), ("0.1.1", None, True), ("0.2.0", None, False), ("0.2.0", None, True),
                               ("0.2.0", RsaKey("RSA-OAEP-256"), False), ("0.3.0", None, False), ("0.4.0", None, False), ("0.4.0", P521(), False),
                               ("0.4.0", RsaKey("RSA-OAEP-256"), False), ("0.1.1", RsaKey("RSA-OAEP-256"), False)):
    c = Client(ONE, version, key, declared)
    status, got = c.fetch("demo/key/one")
    check(f"{version} {c.key.jwk()['alg']} {c.key.jwk().get('crv', '')}: the secret, after one attestation", (status, got, c.attested) == (200, SECRET, 1), got)

c = Client(ONE)
challenge = c.auth()
check("the nonce is 44 characters of base64", len(base64.b64decode(challenge["nonce"], validate=True)) == 32)
check("one cookie with a name that clients know, and a date", re.fullmatch(
    r"kbs-session-id=[A-Za-z0-9_-]+; Expires=[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", c.http.last_cookie), c.http.last_cookie)
check("attested", c.attest()[0] == 200)
check("a session opens as many resources as it likes", [open_reply(c.get("demo/key/one")[1], c.key) for _ in range(3)] == [SECRET] * 3)

# Any node finishes what another began.
c = Client(ONE)
c.auth()
c.http.at, c.http.connection = TWO.split("//")[1], http.client.HTTPConnection(TWO.split("//")[1], timeout=30)
check("a handshake begun at one is finished at two", c.attest()[0] == 200)
c.http.connection = http.client.HTTPConnection(ONE.split("//")[1], timeout=30)
check("and its session is good at one", open_reply(c.get("demo/key/one")[1], c.key) == SECRET)

# Passport: the token alone, at any node, from a client without cookies.
p = Client(TWO, key=c.key)
status, data = p.get("demo/key/one", bearer=c.token)
check("the token alone is enough, anywhere", status == 200 and open_reply(data, c.key) == SECRET, data)
header, payload = (json.loads(unb64(x)) for x in c.token.split(".")[:2])
check("its header", header["alg"] == "ES256" and header["typ"] == "JWT" and "jwk" not in header, header)
check("its profile, issuer and time", payload["eat_profile"] == "tag:github.com,2024:confidential-containers/Trustee" and payload["iss"] == cid
      and payload["iat"] <= payload["exp"] <= payload["iat"] + 300, payload)
cpu = payload["submods"]["cpu0"]
check("its key is where Trustee looks for it", cpu["ear.veraison.annotated-evidence"]["runtime_data_claims"]["tee-pubkey"] == c.key.jwk(), cpu)
check("it is small", len(c.token) < 4096, len(c.token))
check("sample evidence is contraindicated", cpu["ear.trustworthiness-vector"]["hardware"] == 96 and cpu["ear.status"] == "none")
keys = {k["kid"]: k for k in json.loads(Http(ONE)("GET", "/kbs/v0/jwks")[1])["keys"]}
check("both nodes publish the same keys", keys == {k["kid"]: k for k in json.loads(Http(TWO)("GET", "/kbs/v0/jwks")[1])["keys"]})
k = keys[header["kid"]]
pub = ec.EllipticCurvePublicNumbers(*(int.from_bytes(unb64(k[m]), "big") for m in "xy"), ec.SECP256R1()).public_key()
sig = unb64(c.token.split(".")[2])
try:
    pub.verify(encode_dss_signature(int.from_bytes(sig[:32], "big"), int.from_bytes(sig[32:], "big")), c.token.rsplit(".", 1)[0].encode(), ec.ECDSA(hashes.SHA256()))
    check("anybody can check it by the published key", True)
except Exception as e:
    check("anybody can check it by the published key", False, repr(e))

# ---- what must be refused, and how ----

def refused(what, got, status, variant=None, words=""):
    check(f"{what}: {status} {variant or ''}", got[0] == status and is_error(got[1], variant) and words in got[1].decode(), got)


def fresh(version="0.4.0", **more):
    c = Client(ONE, version, **more)
    c.auth()
    return c


c = fresh()
refused("no session", Client(ONE).get("demo/key/one"), 401, "TokenNotFound")
refused("a session before it attests", c.get("demo/key/one"), 401, "TokenNotFound")
c.attest()
d = Client(ONE)
d.fetch("demo/key/one")
for path, status, variant in (("demo/key/two", 404, "PluginInternalError"), ("demo/other/one", 403, "PolicyDeny"), ("nobody/key/one", 403, "PolicyDeny"),
                              ("Demo/key/one", 404, None), ("demo/key/One", 404, None)):
    refused(f"denied or missing {path}", d.get(path), status, variant)
e = Client(ONE)
check("a denied guest attests once, not three times", e.fetch("demo/other/one")[0] == 403 and e.attested == 1)
for path in ("demo/key", "demo/key/one/more", "demo/.key/one"):
    refused(f"no resource {path}", d.get(path), 404)
for path in ("demo/../one", "demo/%2e%2e/one", "demo//one", "demo/key/../../one", "demo/key/one%00"):
    got = d.get(path)
    check(f"no way around by {path}", got[0] in (400, 404) and SECRET not in got[1], got)
refused("no such plugin", d.http("GET", "/kbs/v0/pkcs11/resource/a"), 404, "InvalidRequestPath")
refused("another method", d.http("PUT", "/kbs/v0/auth", {}), 405)

for version in ("0.5.0", "0.4.1", "0.4.0-alpha", "1", "0.0.9"):
    c = Client(ONE, version)
    refused(f"version {version}", c.http("POST", "/kbs/v0/auth", c.request()), 400, "AttestationError", "KBS Client Protocol Version Mismatch: expect")
for tee in ("az-snp-vtpm", "azsnpvtpm", "az-tdx-vtpm", "nvidia", "cca", "sampledevice", "toaster"):
    refused(f"a tee {tee}", Client(ONE).http("POST", "/kbs/v0/auth", {"version": "0.4.0", "tee": tee, "extra-params": ""}), 403, "AttestationError")
refused("no extra-params", Client(ONE).http("POST", "/kbs/v0/auth", {"version": "0.4.0", "tee": "sample"}), 400, "AttestationError")
refused("no JSON", Client(ONE).http("POST", "/kbs/v0/auth", b"{", {"content-type": "application/json"}), 400, "AttestationError")
refused("attest without a session", Client(ONE).http("POST", "/kbs/v0/attest", {}), 401, "TokenNotFound")

c = fresh()
used = c.body()
check("attested", c.attest()[0] == 200)
refused("attested again in the same session", c.attest(), 401)
c = fresh()
before = dict(c.http.jar)
check("attested", c.attest()[0] == 200)
c.http.jar = before
refused("the nonce again, with the first cookie", c.attest(), 401, "AttestationError", "nonce-used")
c = fresh()
c.nonce = base64.b64encode(bytes(32)).decode()
refused("a nonce of its own", c.attest(), 401, "AttestationError", "nonce-forged")
c = fresh()
c.key, c.other = EcKey(), c.key
body = c.body()
body["runtime-data"]["tee-pubkey"] = c.other.jwk()
refused("another key than the attested one", c.http("POST", "/kbs/v0/attest", body), 403, "AttestationError", "report-data")
refused("evidence about something else", fresh().attest(rd=bytes(48)), 403, "AttestationError", "report-data")
refused("evidence of a device", fresh().attest(additional='{"sampledevice":{"svn":"2","report_data":""}}'), 403, "AttestationError", "composite")
c = fresh()
refused("RSA1_5 after 0.1", (lambda c: (c.auth(), c.attest())[1])(Client(ONE, "0.4.0", RsaKey("RSA1_5"))), 400, "AttestationError", "jwk")
body = fresh("0.1.1")
flat = body.body()
c = fresh()
refused("a flat body of 0.1 in a session of 0.4", c.http("POST", "/kbs/v0/attest", {**flat, "tee-pubkey": c.key.jwk()}), 400)
c = fresh()
for bit in (0, 200, 700):
    value = bytearray(unb64(c.http.jar["kbs-session-id"]))
    value[bit % len(value)] ^= 1
    jar, c.http.jar = c.http.jar, {"kbs-session-id": b64(bytes(value))}
    refused("a changed cookie", c.attest(), 401, "TokenNotFound")
    c.http.jar = jar
c.http.jar = {"kbs-session-id": "d1b69ffbc736fb6cabaf250b95d35a27"}
refused("another server's cookie", c.attest(), 401, "TokenNotFound")

# Tokens of somebody else's making.
mine = EcKey()
sealed = Client(ONE)
sealed.fetch("demo/key/one")


def token(header, payload, key=None):
    text = b64(compact(header).encode()) + "." + b64(compact(payload).encode())
    r, s = decode_dss_signature(key.key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))) if key else (0, 0)
    return text + "." + (b64(r.to_bytes(32, "big") + s.to_bytes(32, "big")) if key else "")


payload = json.loads(unb64(sealed.token.split(".")[1]))
later = {**payload, "exp": payload["exp"] + 9999}
for what, t in (("alg none", token({"alg": "none", "typ": "JWT"}, payload)), ("its own key in the header", token({"alg": "ES256", "jwk": mine.jwk()}, payload, mine)),
                ("a kid of ours, its own key", token({"alg": "ES256", "kid": "epoch-1"}, payload, mine)),
                ("another payload under the signature", ".".join([sealed.token.split(".")[0], b64(compact(later).encode()), sealed.token.split(".")[2]])),
                ("no token", "x.y.z"), ("a cookie as a token", sealed.http.jar["kbs-session-id"])):
    refused(f"a token: {what}", Client(ONE).get("demo/key/one", bearer=t), 401, "TokenVerifierError")
check("while the real one is good", Client(ONE).get("demo/key/one", bearer=sealed.token)[0] == 200)
refused("a token as a cookie", Http(ONE)("GET", "/kbs/v0/resource/demo/key/one", headers={"cookie": f"kbs-session-id={sealed.token}"}), 401, "TokenNotFound")

# Large bodies: 2 MiB are read, for an open session alone.
c = fresh()
body = c.body()
body["more"] = "x" * ((2 << 20) - len(compact(body)) - 64)
check("2 MiB of attestation", c.http("POST", "/kbs/v0/attest", body)[0] == 200)
c = fresh()
body["more"] += "x" * 200
check("more is too much", c.http("POST", "/kbs/v0/attest", body)[0] == 413)
refused("or without a session any at all", Client(ONE).http("POST", "/kbs/v0/attest", {"more": "x" * (1 << 20)}), 401)

# ---- administration ----

admin = load_pem_private_key(open(f"{DIR}/admin.key", "rb").read(), None)
stranger = ed25519.Ed25519PrivateKey.generate()


def jwt(key, **claims):
    now = int(time.time())
    text = b64(b'{"alg":"EdDSA","typ":"JWT"}') + "." + b64(compact({"iat": now, "exp": now + 7200, "nbf": now, **claims}).encode())
    return {"authorization": "Bearer " + text + "." + b64(key.sign(text.encode()))}


a = Http(ONE)
PUT = ("POST", "/kbs/v0/resource/{}/key/new", b"put over KBS")
for tenant in ("demo", "open"):
    method, path, value = PUT[0], PUT[1].format(tenant), PUT[2]
    refused(f"{tenant}: a put by nobody", a(method, path, value), 401)
    refused(f"{tenant}: by a stranger", a(method, path, value, jwt(stranger)), 401, "TokenVerifierError")
    refused(f"{tenant}: by a bearer that is over", a(method, path, value, jwt(admin, exp=int(time.time()) - 1)), 401, "TokenVerifierError")
    refused(f"{tenant}: for ever", a(method, path, value, jwt(admin, exp=int(time.time()) + 10 ** 8)), 401, "TokenVerifierError")
    refused(f"{tenant}: for another network", a(method, path, value, jwt(admin, aud=["kbs-of-others"])), 401, "TokenVerifierError")
refused("a tenant whose policy does not let members write: how to do it", a("POST", PUT[1].format("demo"), PUT[2], jwt(admin)), 403, "AdminAuthAccess", "sealring put")
refused("nor does open's yet", a("POST", PUT[1].format("open"), PUT[2], jwt(admin)), 403, "AdminAuthAccess", "/kbs/v0/writer")
writer = json.loads(a("GET", "/kbs/v0/writer")[1])["writer"]
check("the writer is the same at each member", writer == json.loads(Http(TWO)("GET", "/kbs/v0/writer")[1])["writer"])
policy = json.load(open(f"{DIR}/policy.json"))
first = json.loads(subprocess.run([f"{BUILD}/sealring-insecure", "policy", "check", "--json", f"{DIR}/policy.json"], capture_output=True).stdout)["hash"]
policy.update(number=2, previous=first)
policy["tenants"][1]["admins"].append(writer)
policy["tenants"][1]["reference_values"] = ["svns", "fetchers"]
policy["release"] += [{"name": "refs", "type": "sample", "tenant": "open", "keys": ["ref/*"], "usages": ["secret"], "where": [{"claim": "svn", "op": "ref", "value": "svns"}]},
                      {"name": "fetchers", "type": "insecure", "tenant": "open", "keys": ["native/*"], "usages": ["secret"],
                       "where": [{"claim": "code", "op": "ref", "value": "fetchers"}]}]
with open(f"{DIR}/policy2", "w") as f:
    f.write(jcs(policy))
check("operators sign it", sealring("policy", "sign", "--yes", "--node", ONE, "--cid", cid, "--key", f"{DIR}/operator.key", "--out", f"{DIR}/policy2.signed", f"{DIR}/policy2")[0])
check("and it is applied", sealring("policy", "apply", "--node", ONE, "--cid", cid, f"{DIR}/policy2.signed")[0])
for _ in range(100):
    if json.loads(Http(TWO)("GET", "/sealring/v1/status")[1])["policy"]["number"] == 2:
        break
    time.sleep(0.1)
status, data = a("POST", PUT[1].format("open"), PUT[2], jwt(admin, aud=cid))
check("a tenant that names the writer: put, 200 and nothing", (status, data) == (200, b""), (status, data))
c = Client(ONE)
check("and a guest gets it", c.fetch("open/key/new") == (200, PUT[2]))
for _ in range(100):
    got = Client(TWO).fetch("open/key/new")
    if got[0] == 200:
        break
    time.sleep(0.1)
check("at the other member as well", got == (200, PUT[2]), got)
check("a second version", a("POST", PUT[1].format("open"), b"second", jwt(admin))[0] == 200 and c.fetch("open/key/new") == (200, b"second"))
refused("deleted by a stranger", a("DELETE", PUT[1].format("open"), None, jwt(stranger)), 401)
check("deleted", a("DELETE", PUT[1].format("open"), None, jwt(admin))[0] == 200)
refused("and gone", c.get("open/key/new"), 404)
refused("a second time", a("DELETE", PUT[1].format("open"), None, jwt(admin)), 404)
refused("a name that no secret can have", a("POST", "/kbs/v0/resource/open/Key/new", b"x", jwt(admin)), 404)
rego = {"policy": b64(b"package policy\ndefault allow = true\n")}
refused("a policy by nobody", a("POST", "/kbs/v0/resource-policy", rego), 401)
refused("Rego: how to say it here", a("POST", "/kbs/v0/resource-policy", rego, jwt(admin)), 403, "ParsePolicyError", "release rule")
refused("an attestation policy", a("POST", "/kbs/v0/attestation-policy", {"type": "rego", "policy_id": "default_cpu", **rego}, jwt(admin)), 403, "ParsePolicyError")
refused("no base64url", a("POST", "/kbs/v0/resource-policy", {"policy": "a="}, jwt(admin)), 400)
values = {"version": "0.1.0", "type": "sample", "payload": base64.b64encode(b'{"measurement":["abc","def"],"svn":3}').decode()}
refused("reference values become a draft", a("POST", "/kbs/v0/reference-value", values, jwt(admin)), 403, "RvpsError",
        "{'claim':'measurement','op':'in','value':['abc','def']},{'claim':'svn','op':'in','value':[3]}")

def rvps(**values):
    return {"version": "0.1.0", "type": "sample", "payload": base64.b64encode(compact(values).encode()).decode()}


def at_both(get, want):
    """The first member at once, the second when it has heard of it."""
    first = get(ONE)
    for _ in range(100):
        if (second := get(TWO)) == want:
            break
        time.sleep(0.1)
    return first == want and second == want


REF = ("POST", "/kbs/v0/reference-value")
check("something for guests of the svns that are set", a("POST", PUT[1].format("open").replace("key/new", "ref/one"), b"ref", jwt(admin))[0] == 200)
guest = lambda node: (lambda got: got[0] if got[0] != 200 else got[1])(Client(node).fetch("open/ref/one"))
check("nobody while none is set", at_both(guest, 403))
refused("set by nobody", a(*REF, rvps(svns=["1"])), 401)
refused("by a stranger", a(*REF, rvps(svns=["1"]), jwt(stranger)), 401, "TokenVerifierError")
refused("a name that policy does not list: a draft", a(*REF, rvps(other=["1"]), jwt(admin)), 403, "RvpsError", "'op':'in'")
refused("one of them is not listed: none is stored", a(*REF, rvps(svns=["1"], other=["1"]), jwt(admin)), 403, "RvpsError")
refused("another tenant's", a(*REF, rvps(**{"demo/svns": ["1"]}), jwt(admin)), 403, "RvpsError")
refused("values of two kinds", a(*REF, rvps(svns=["1", 2]), jwt(admin)), 400, None, "kbs-format")
refused("no values", a(*REF, rvps(svns=[]), jwt(admin)), 400, None, "kbs-format")
refused("what is not set", a("GET", "/kbs/v0/reference-value/svns", None, jwt(admin)), 404)
check("nothing was stored by any of these", guest(ONE) == 403)
check("set", a(*REF, rvps(svns=["0", "1"]), jwt(admin)) == (200, b""))
check("it is in force at both members", at_both(guest, b"ref"))
check("and can be read", a("GET", "/kbs/v0/reference-value/svns", None, jwt(admin)) == (200, b'["0","1"]'))
check("by the tenant's name as well", a("GET", "/kbs/v0/reference-value/open/svns", None, jwt(admin)) == (200, b'["0","1"]'))
refused("by a stranger", a("GET", "/kbs/v0/reference-value/open/svns", None, jwt(stranger)), 401)
check("another single value", a(*REF, rvps(**{"open/svns": "2"}), jwt(admin))[0] == 200)
check("the old one is no more", at_both(guest, 403))
check("set again", a(*REF, rvps(svns="1"), jwt(admin))[0] == 200 and at_both(guest, b"ref"))
check("taken away", a("DELETE", "/kbs/v0/resource/open/reference-values/svns", None, jwt(admin))[0] == 200 and at_both(guest, 403))
check("what is no list equals nothing", sealring("put", "--node", ONE, "--cid", cid, "--tenant", "open", "--key", f"{DIR}/admin.key", "reference-values/svns",
                                                 data=b"1")[0] and at_both(guest, 403))
check("native: a secret", a("POST", PUT[1].format("open").replace("key/new", "native/one"), b"native", jwt(admin))[0] == 200)
fetch = lambda: sealring("fetch", "--platform", "insecure", "--node", ONE, "--cid", cid, "open:native/one")
check("native: refused while none is set", not fetch()[0])
refused("nor is it one to read", a("GET", "/kbs/v0/reference-value/svns", None, jwt(admin)), 404, "RvpsError")
code = hashlib.sha256(open(f"{BUILD}/sealring-insecure", "rb").read()).hexdigest()
check("native: set to this client's code", a(*REF, rvps(fetchers=[code]), jwt(admin))[0] == 200)
got = fetch()
check("native: fetched", got[0] and "native" in got[1], got)

refused("the name of the policy, by nobody", a("GET", "/kbs/v0/resource-policy"), 401)
check("the name of the policy", a("GET", "/kbs/v0/resource-policy", None, jwt(admin)) == (200, b'["sealring-policy-2"]'))
refused("a reference value", a("GET", "/kbs/v0/reference-value/x", None, jwt(admin)), 404, "RvpsError")

# ---- tokens of a third party, by Debian's jose: they count once a policy names who signs them ----

def operators_take(policy, number, before):
    """The next policy, signed and applied; both members have it at the end."""
    old = json.loads(subprocess.run([f"{BUILD}/sealring-insecure", "policy", "check", "--json", before], capture_output=True).stdout)["hash"]
    policy.update(number=number, previous=old)
    path = f"{DIR}/policy{number}"
    with open(path, "w") as f:
        f.write(jcs(policy))
    good = sealring("policy", "sign", "--yes", "--node", ONE, "--cid", cid, "--key", f"{DIR}/operator.key", "--out", f"{path}.signed", path)[0]
    check(f"policy {number} is applied", good and sealring("policy", "apply", "--node", ONE, "--cid", cid, f"{path}.signed")[0])
    for _ in range(100):
        if json.loads(Http(TWO)("GET", "/sealring/v1/status")[1])["policy"]["number"] == number:
            break
        time.sleep(0.1)


ISS, EAR = "https://as.example.org", "/submods/cpu0/ear.veraison.annotated-evidence"


class Issuer:
    """An attestation service: jose makes its key and signs its tokens."""

    def __init__(self, alg):
        self.alg, self.file = alg, f"{DIR}/issuer-{alg}-{os.urandom(4).hex()}.jwk"
        subprocess.run(["jose", "jwk", "gen", "-i", compact({"alg": alg}), "-o", self.file], check=True)
        jwk = json.load(open(self.file))
        number = lambda name: int.from_bytes(unb64(jwk[name]), "big")
        if jwk["kty"] == "EC":
            public = ec.EllipticCurvePublicNumbers(number("x"), number("y"), {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}[jwk["crv"]])
        else:
            public = rsa.RSAPublicNumbers(number("e"), number("n"))
        self.spki = public.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()
        self.public = json.loads(subprocess.run(["jose", "jwk", "pub", "-i", self.file], check=True, capture_output=True).stdout)

    def row(self, name, **more):
        return {"name": name, "iss": f"{ISS}/{name}", "evidence": "snp", "evidence_at": f"{EAR}/snp", "tee_key": f"{EAR}/runtime_data_claims/tee-pubkey",
                "max_age": 300, "keys": [{"alg": self.alg, "spki": self.spki}],
                "claims": [{"claim": "measurement", "at": f"{EAR}/snp/measurement"}, {"claim": "debug", "at": f"{EAR}/snp/debug"}], **more}

    def token(self, name, key, measurement="aa" * 48, header=None, **more):
        now = int(time.time())
        said = {"eat_profile": "tag:github.com,2024:confidential-containers/Trustee", "iss": f"{ISS}/{name}", "iat": now - 1, "exp": now + 300,
                "submods": {"cpu0": {"ear.status": "affirming", "ear.veraison.annotated-evidence": {
                    "snp": {"measurement": measurement, "debug": False}, "runtime_data_claims": {"nonce": "bg==", "tee-pubkey": key.jwk()}}}}, **more}
        with open(f"{DIR}/said", "w") as f:
            f.write(compact(said))
        return subprocess.run(["jose", "jws", "sig", "-I", f"{DIR}/said", "-k", self.file, "-s", compact({"protected": {"alg": self.alg, **(header or {})}}), "-c"],
                              check=True, capture_output=True).stdout.decode().strip()


def word(name):
    return {"name": f"by-{name.lower()}", "type": f"token.{name.lower()}", "tenant": "open", "keys": ["word/*"], "usages": ["secret"],
            "where": [{"claim": "measurement", "op": "eq", "value": "aa" * 48}, {"claim": "debug", "op": "eq", "value": False}]}


if shutil.which("jose"):
    issuers = {alg: Issuer(alg) for alg in ("ES256", "ES384", "RS256", "PS256")}
    unnamed, key = Issuer("ES256"), EcKey()
    WORD = b"for guests of a third party"
    check("a secret for them", a("POST", "/kbs/v0/resource/open/word/one", WORD, jwt(admin))[0] == 200)
    refused("before a policy names anybody", Client(ONE).get("open/word/one", bearer=issuers["ES256"].token("es256", key)), 401, "TokenVerifierError")
    policy["token_issuers"] = [i.row(alg.lower()) for alg, i in issuers.items()]
    policy["release"] += [word(alg) for alg in issuers]
    operators_take(policy, 3, f"{DIR}/policy2")
    said = subprocess.run([f"{BUILD}/sealring-insecure", "policy", "check", f"{DIR}/policy3"], capture_output=True).stdout.decode()
    check("policy check warns", said.count("believes a third party") == 4 and "4 token issuers" in said, said)
    for alg, i in issuers.items():
        for node in (ONE, TWO):
            status, data = Client(node).get("open/word/one", bearer=i.token(alg.lower(), key))
            check(f"a token with {alg}: the secret, sealed to the key that it names", status == 200 and open_reply(data, key) == WORD, (status, data))
    es, es384 = issuers["ES256"], issuers["ES384"]
    now = int(time.time())
    for what, t in (("of a key in its header", unnamed.token("es256", key, header={"jwk": unnamed.public})), ("right iss, other key", es384.token("es256", key)),
                    ("an iss that nobody named", es.token("other", key)), ("no iat", es.token("es256", key, iat=None)),
                    ("from the future", es.token("es256", key, iat=now + 600)), ("nbf", es.token("es256", key, nbf=now + 600)),
                    ("for another audience", es.token("es256", key, aud="https://elsewhere")), ("critical", es.token("es256", key, header={"crit": ["b64"], "b64": True}))):
        refused(f"a third party's token: {what}", Client(ONE).get("open/word/one", bearer=t), 401, "TokenVerifierError", "token")
    for what, t in (("over", es.token("es256", key, exp=now - 1)), ("too old", es.token("es256", key, iat=now - 301))):
        refused(f"a third party's token: {what}", Client(ONE).get("open/word/one", bearer=t), 401, "TokenVerifierError", "token-expired")
    large = es.token("es256", key, evidence="e" * 150000)
    status, data = Client(ONE).get("open/word/one", bearer=large)
    check(f"a token of {len(large)} bytes", len(large) > 200000 and status == 200 and open_reply(data, key) == WORD, status)
    status, data = Client(ONE).get("open/word/one", bearer=es.token("es256", key, evidence="e" * 200000))
    check("more is too much", status == 431, (status, data[:200]))
    refused("other code", Client(ONE).get("open/word/one", bearer=es.token("es256", key, measurement="bb" * 48)), 403, "PolicyDeny")
    refused("what native evidence opens", Client(ONE).get("demo/key/one", bearer=es.token("es256", key)), 403, "PolicyDeny")
    refused("nor the other way round", (lambda c: (c.auth(), c.attest(), c.get("open/word/one"))[2])(Client(ONE)), 403, "PolicyDeny")
else:
    print("skipped: no jose, so no tokens of third parties")

# ---- every route of specs/openapi.yaml with what nobody should send ----

def rubbish(rng, depth=0):
    kinds = [None, True, 0, -1, 2 ** 64, 1.5, "", "x" * 300, "\u00e9\n\\u0000", "0.4.0", "sample", [], {}]
    if depth < 3 and rng.random() < 0.4:
        return {rng.choice(["version", "tee", "extra-params", "runtime-data", "tee-pubkey", "nonce", "kty", "tee-evidence", "policy", "a b"]): rubbish(rng, depth + 1)
                for _ in range(rng.randrange(4))}
    return [rubbish(rng, depth + 1)] if depth < 3 and rng.random() < 0.2 else rng.choice(kinds)


def spoil(rng, value):
    """A valid body with one thing in it that is not."""
    text = bytearray(compact(value).encode())
    how = rng.randrange(3)
    if how == 0:
        text[rng.randrange(len(text))] ^= 1 << rng.randrange(8)
    elif how == 1:
        del text[rng.randrange(len(text)):]
    else:
        at = rng.randrange(len(text))
        text[at:at] = rng.choice([b'"', b"{", b"null", b"\0", b"\xff", b",", b"1e999"])
    return bytes(text)


def said_by_the_door(status, data):
    """What no protocol words: the door refused the head, or the body's framing, before anybody knew whose it was."""
    try:
        said = json.loads(data)["error"]
    except (ValueError, KeyError, TypeError):
        return False
    return set(said) == {"reason", "request_id"} and (status, said["reason"]) in {(400, "http-path"), (400, "http-field"), (431, "head-too-large"), (414, "uri-too-long")}


def spoiled_header(rng, value):
    """One character of a token, a cookie, a bearer; or less of it, or more."""
    how, at = rng.randrange(4), rng.randrange(len(value))
    return (value[:at] + rng.choice("aZ09-_.=,; ") + value[at + 1:], value[:at], value + value[at:], value + "A" * rng.choice((1, 9000, 200000)))[how]


def fuzz(count, seed):
    rng = random.Random(seed)
    routes = [(m, p) for m, p in (o.split(" ") for o in re.findall(r"(?:GET|POST|DELETE) /kbs/\S+", "\n".join(OPERATIONS)))]
    check("there are routes to try", len(routes) >= 13, routes)
    good, seen = fresh(), {}
    valid = {"/kbs/v0/auth": good.request(), "/kbs/v0/attest": good.body(), "/kbs/v0/resource-policy": rego, "/kbs/v0/reference-value": values,
             "/kbs/v0/attestation-policy": {"type": "rego", "policy_id": "default_cpu", **rego}}
    words = {"repo": ["demo", "open", "nobody"], "type": ["key", "word", "reference-values"], "tag": ["one", "svns"], "tenant": ["open", "demo"], "id": ["svns", "fetchers"]}
    bearers = [jwt(admin)["authorization"][7:], jwt(stranger)["authorization"][7:], sealed.token, good.http.jar["kbs-session-id"]]
    if shutil.which("jose"):
        bearers.append(issuers["ES256"].token("es256", key))
    for i in range(count):
        method, template = routes[i % len(routes)]
        path = re.sub(r"\{([a-z]+)\}", lambda m: rng.choice(words[m[1]]) if rng.random() < 0.7 else "".join(rng.choices("ab.-_AZ09~", k=rng.randrange(1, 9))), template)
        body = spoil(rng, valid.get(template, {"a": 1})) if rng.random() < 0.6 else compact(rubbish(rng)).encode()
        headers = {"content-type": rng.choice(["application/json"] * 5 + ["text/plain"])}
        if rng.random() < 0.8:
            token_ = rng.choice(bearers)
            headers["authorization"] = "Bearer " + (token_ if rng.random() < 0.5 else spoiled_header(rng, token_))
        client = Http(ONE)
        cookie = good.http.jar["kbs-session-id"]
        client.jar = rng.choice([{}, good.http.jar, {"kbs-session-id": spoiled_header(rng, cookie)}, {"kbs-session-id": "".join(rng.choices("aZ09-_", k=80))}])
        status, data = client(method, path, body if method == "POST" else None, headers)
        seen.setdefault((method, template), set()).add(status)
        check(f"seed {seed}, {i}: {method} {path} {body[:80]}: no answer of the inside", status in (200, 400, 401, 403, 404, 413, 414, 415, 431), (status, data))
        check(f"seed {seed}, {i}: {method} {path} {body[:80]}: refused in the protocol's words", status == 200 or is_error(data) or said_by_the_door(status, data), (status, data))
        client.connection.close()
    check("every route was tried", set(seen) == set(routes), set(routes) - set(seen))
    check("and some of it was right", sum(200 in s for s in seen.values()) >= 4, seen)
    check("and it still serves", Client(ONE).fetch("demo/key/one")[0] == 200)


OPERATIONS, path = [], ""
for line in open("specs/openapi.yaml"):
    if m := re.match(r"  (/\S+):", line):
        path = m[1]
    elif m := re.match(r"    (get|post|delete):", line):
        OPERATIONS.append(f"{m[1].upper()} {path}")
fuzz(int(os.environ.get("KBS_FUZZ", "600")), int(os.environ.get("KBS_SEED", "1")))

# ---- what is left of it ----

ok, said = sealring("log", "verify", "--node", ONE, "--cid", cid)
check("the log verifies", ok, said)
counted = {k: int(re.search(rf"^{k} (\d+)", Http(ONE)("GET", "/metrics")[1].decode(), re.M)[1]) for k in ("sealring_releases_total", "sealring_kbs_tokens_total")}
check("it is counted", counted["sealring_releases_total"] >= 20 and counted["sealring_kbs_tokens_total"] >= 20, counted)
log = one.lines() + two.lines()
check("no secret, cookie or token is in the daemons' logs", SECRET.decode() not in log and sealed.token not in log and sealed.http.jar["kbs-session-id"] not in log)
one.end("terminate"), two.end("terminate")

# Everything that was said, held to specs/openapi.yaml.
try:
    import openapi

    interface, seen, listed = openapi.Interface("specs/openapi.yaml"), {}, {}
    for x in EXCHANGES:
        openapi.hold(interface, x, seen, listed)
    for key in interface.operations:
        if key[1].startswith("/kbs/"):
            never = {"/kbs/v0/attestation-policy", "/kbs/v0/resource-policy"}
            check(f"{key} was answered", True in seen.get(key, ()) or (key[1] in never and key != ("GET", "/kbs/v0/resource-policy")))
            check(f"{key} was refused to somebody", False in seen.get(key, ()) or key[1] in ("/kbs/v0/jwks", "/kbs/v0/writer"))
    passed, failed = passed + openapi.passed, failed + openapi.failed
except ImportError:
    print("skipped: no PyYAML or jsonschema, so nothing is held to specs/openapi.yaml")
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
