"""strangers.py again BUILD DIR CID URL_A URL_B - messages and signed requests sent again, to their member and to another.
strangers.py slow FILE - a member's address where packages without end are offered, one a second; FILE gets the port."""
import base64
import hashlib
import http.client
import json
import os
import struct
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from mitm import Proxy, post, send

passed = failed = 0


def check(what, good):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED:", what)


def log_size(url):
    return json.loads(send(url, "GET", "/sealring/v1/status", None, None)[2])["log"]["size"]


class Recorder(Proxy):
    """Keeps each request that was signed, as it came."""

    def __init__(self, upstream):
        super().__init__(upstream)
        self.signed = []
        handler = self.server.RequestHandlerClass

        class Keep(handler):
            def serve(self):
                proxy, body = self.server.proxy, self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {n: self.headers[n] for n in ("content-type", "authorization") if self.headers[n]}
                if "authorization" in headers:
                    proxy.signed.append((self.command, self.path, body, headers))
                status, data = repeat(proxy.upstream, (self.command, self.path, body, headers))
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = serve

        self.server.RequestHandlerClass = Keep


def repeat(url, request):
    command, path, body, headers = request
    connection = http.client.HTTPConnection(url.split("://")[1], timeout=20)
    connection.request(command, path, body or None, headers)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, data


def again(build, folder, cid, a, b):
    def sealring(*args, value=None):
        return subprocess.run([f"{build}/sealring-insecure", args[0], "--cid", cid, *args[1:]], input=value, capture_output=True)

    def listed(url):
        r = sealring("list", "--json", "--node", url, "--tenant", "demo", "--key", f"{folder}/admin.key")
        return [(p["path"], p["version"], p["hash"]) for p in json.loads(r.stdout)["packages"]]

    # One refused release, sent again: one leaf.
    proxy = Proxy(a)
    sealring("fetch", "--platform", "insecure", "--node", proxy.url, "demo:secret/x", "--json")
    proxy.close()
    before = log_size(a)
    answers = {post(a, "/sealring/v1/release", proxy.seen["W2"])[:2] for _ in range(50)}
    check(f"a refused W2 again is refused alike: {answers}", answers == {(403, "key-denied")})
    check("and writes no leaf", log_size(a) == before)

    # One put, sent again: at its member, and at the other within the window.
    recorder = Recorder(a)
    put = sealring("put", "--node", recorder.url, "--tenant", "demo", "--key", f"{folder}/admin.key", "app/again", value=b"once")
    recorder.close()
    check(f"a put: {put.stderr}", put.returncode == 0)
    until = time.time() + 15
    while listed(b) != listed(a) and time.time() < until:
        time.sleep(0.2)
    was, sizes = listed(a), (log_size(a), log_size(b))
    kinds = {(r[0], r[1].split("?")[0]) for r in recorder.signed}
    check(f"signed were {kinds}", kinds == {("GET", "/sealring/v1/packages"), ("POST", "/sealring/v1/packages")})
    for request in recorder.signed:
        status, data = repeat(a, request)
        check(f"{request[0]} again at its member: {status} {data}", status == 401 and b"request-replayed" in data)
        status, data = repeat(b, request)
        check(f"{request[0]} at the other: {status} {data}", status == 200 and (request[0] == "GET" or not json.loads(data)["stored"]))
    check("nothing changed", (listed(a), listed(b)) == (was, was))
    check("and nothing was written", (log_size(a), log_size(b)) == sizes)

    # An older put, kept back and sent within the window when a newer one is there.
    repeat_old = next(r for r in recorder.signed if r[0] == "POST")
    for version in (b"twice", b"thrice"):
        sealring("put", "--node", b, "--tenant", "demo", "--key", f"{folder}/admin.key", "app/again", value=version)
    was = listed(b)
    fresh = dict(repeat_old[3], authorization=resigned(folder, cid, repeat_old))
    status, data = repeat(b, (*repeat_old[:3], fresh))
    check(f"an older version, signed anew: {status} {data}", status == 409 and b"package-version" in data)
    check("changes nothing", listed(b) == was)

    # Keys of nobody's.
    from_nobody = {repeat(a, ("GET", "/sealring/v1/packages?tenant=demo", b"", {"authorization": stranger(cid)}))[0] for _ in range(20)}
    check(f"a key that nobody lists: {from_nobody}", from_nobody == {403})
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


def sign(key_file, cid, method, target, body):
    """An Authorization by openssl, for an implementation that is not ours. specs/requests.md"""
    lp = lambda b: struct.pack(">I", len(b)) + b
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    bits = "".join(format(letters.index(c), "05b") for c in cid.split("1", 1)[1][:-6])[:256]
    now, name = int(time.time()), os.urandom(16)
    text = lp(b"sealring-insecure/v1/request") + int(bits, 2).to_bytes(32, "big") + lp(method.encode()) + lp(target.encode())
    text += hashlib.sha256(body).digest() + struct.pack(">Q", now) + name
    with open(f"{key_file}.text", "wb") as f:
        f.write(text)
    sig = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key_file, "-in", f"{key_file}.text"], capture_output=True, check=True)
    pub = subprocess.run(["openssl", "pkey", "-in", key_file, "-pubout", "-outform", "DER"], capture_output=True, check=True)
    return (f'Sealring key="{pub.stdout[-32:].hex()}", time="{now}", id="{name.hex()}", '
            f'sig="{base64.b64encode(sig.stdout).decode()}"')


def resigned(folder, cid, request):
    return sign(f"{folder}/admin.key", cid, request[0], request[1], request[2])


def stranger(cid):
    key = f"{sys.argv[3]}/stranger.key"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
    return sign(key, cid, "GET", "/sealring/v1/packages?tenant=demo", b"")


class Slow(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    lock, calls, callers = threading.Lock(), 0, set()

    def log_message(self, *_):
        pass

    def serve(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        body = b"{}"
        if self.path == "/sealring/v1/members" and self.command == "GET":
            body = b"\0\0"
        elif self.path.startswith("/sealring/v1/policy"):
            body = b'{"number":3}'
        elif self.path == "/sealring/v1/sync/packages":
            body = struct.pack(">I", 1000) + b"".join(sorted(os.urandom(32) for _ in range(1000)))
        elif self.path.startswith("/sealring/v1/sync/packages/"):
            time.sleep(1)
            body = b"no package"
            with Slow.lock:
                Slow.calls += 1
                Slow.callers.add(self.headers.get("authorization", "")[:80])
                print(f"call {Slow.calls}, {len(Slow.callers)} callers", flush=True)
        self.send_response(404 if self.path.startswith("/sealring/v1/epoch") else 200)  # a release that can't rotate yet
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = serve


if sys.argv[1] == "slow":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    server.daemon_threads = True
    with open(sys.argv[2] + ".new", "w") as f:
        f.write(str(server.server_address[1]))
    os.rename(sys.argv[2] + ".new", sys.argv[2])
    server.serve_forever()
again(*sys.argv[2:])
