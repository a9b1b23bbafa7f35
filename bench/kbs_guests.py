"""kbs_guests.py URL N TOKEN_FILE - N whole handshakes of guests with sample evidence, eight at a time, over kept connections; the last
token is left in TOKEN_FILE. Needs no module: replies are not opened, their sealing is what is measured."""
import base64
import hashlib
import http.client
import json
import sys
import threading

URL, N, TOKEN = sys.argv[1], int(sys.argv[2]), sys.argv[3]
KEY = {"kty": "EC", "crv": "P-256", "alg": "ECDH-ES+A256KW", "x": "MOh6AQ37128bT5VZe6X98eiK5jG-N5JFrSLRsNXYSBE",
       "y": "3_l4RtNHNzoEB_YgEpl2D4bedI-r-u5UvwUvYYJwwhk"}
JSON = {"content-type": "application/json"}


def one(c):
    def ask(method, path, body=None, headers=None):
        c.request(method, path, body and json.dumps(body), headers or {})
        r = c.getresponse()
        data = r.read()
        assert r.status == 200, data
        return (r.headers["Set-Cookie"] or "").split(";")[0], json.loads(data)

    cookie, challenge = ask("POST", "/kbs/v0/auth", {"version": "0.4.0", "tee": "sample", "extra-params": ""}, JSON)
    hashed = json.dumps({"additional-evidence": "", "nonce": challenge["nonce"], "tee-pubkey": KEY}, sort_keys=True, separators=(",", ":"))
    shown = {"svn": "1", "report_data": base64.b64encode(hashlib.sha384(hashed.encode()).digest()).decode()}
    cookie, token = ask("POST", "/kbs/v0/attest", {"runtime-data": {"nonce": challenge["nonce"], "tee-pubkey": KEY},
                        "tee-evidence": {"primary_evidence": shown, "additional_evidence": ""}}, {**JSON, "cookie": cookie})
    ask("GET", "/kbs/v0/resource/demo/key/one", None, {"cookie": cookie})
    return token["token"]


def many():
    c = http.client.HTTPConnection(URL.split("//")[1], timeout=30)
    for _ in range(N // 8):
        token = one(c)
    with open(TOKEN, "w") as f:
        f.write(token)


threads = [threading.Thread(target=many) for _ in range(8)]
for t in threads:
    t.start()
for t in threads:
    t.join()
