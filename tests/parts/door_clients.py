#!/usr/bin/env python3
"""door_clients.py SERVER [short] - clients of every kind against tests/parts/door_server.c.

Prints each failed check, then "N passed, N failed". Deadlines in the servers started here are short; checks
on CPU time read /proc and have wide bounds, so that a busy machine does not fail them.
"""
import json
import os
import re
import resource
import select
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

SERVER = sys.argv[1]
SHORT = len(sys.argv) > 2
DIR = tempfile.mkdtemp(prefix="door")
SLOW = 4 if SHORT else 1  # sanitizers are slow
passed = failed = 0
os.environ.setdefault("TSAN_OPTIONS", "halt_on_error=0:exitcode=66")


def check(ok, what):
    global passed, failed
    passed += bool(ok)
    failed += not ok
    if not ok:
        print("FAILED:", what, flush=True)


def certificate(name):
    chain, key = f"{DIR}/{name}.pem", f"{DIR}/{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", chain, "-subj", f"/CN={name}", "-days", "3"],
                   check=True, stderr=subprocess.DEVNULL)
    os.chmod(key, 0o600)
    return chain, key


class Server:
    def __init__(self, tls=True, **env):
        self.path = f"{DIR}/socket"
        self.log = tempfile.TemporaryFile(mode="w+", dir=DIR)
        args = [SERVER, self.path] + (list(CERT) if tls else [])
        self.p = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True,
                                  env=dict(os.environ, **{k: str(v) for k, v in env.items()}))
        self.said = self.p.stdout.readline().split()
        if self.said and self.said[0] == "ready":
            self.plain, self.tls = int(self.said[1]), int(self.said[2])

    def tell(self, line):
        self.p.stdin.write(line + "\n")
        self.p.stdin.flush()
        return self.p.stdout.readline().strip()

    def lines(self):
        self.log.seek(0)
        return self.log.read()

    def ticks(self):
        f = open(f"/proc/{self.p.pid}/stat").read().rsplit(")", 1)[1].split()
        return int(f[11]) + int(f[12])

    def connections(self):
        return int(self.tell("count").split()[1])

    def stop(self):
        said = self.tell("stop")
        code = self.p.wait()
        check(said == "stopped" and code == 0, f"the server stops cleanly: {said} {code}")
        log = self.lines()
        check("Sanitizer" not in log, "no sanitizer report: " + log[-3000:] if "Sanitizer" in log else "clean")


def wrap(sock, **options):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.check_hostname, ctx.verify_mode = False, ssl.CERT_NONE
    if "alpn" in options:
        ctx.set_alpn_protocols(options["alpn"])
    if "maximum" in options:
        ctx.maximum_version = options["maximum"]
    return ctx.wrap_socket(sock)


class Client:
    """One connection, and answers read from it one by one."""

    def __init__(self, server, kind="plain"):
        if kind == "unix":
            self.s = socket.socket(socket.AF_UNIX)
            self.s.connect(server.path)
        else:
            self.s = socket.create_connection(("127.0.0.1", server.plain if kind == "plain" else server.tls))
        self.s.settimeout(20)
        if kind == "tls":
            self.s = wrap(self.s)
        self.got = bytearray()

    def send(self, data):
        try:
            self.s.sendall(data if isinstance(data, bytes) else data.encode("latin1"))
        except OSError:
            pass  # the other side may have said enough
        return self

    def more(self):
        try:
            data = self.s.recv(65536)
        except OSError:
            data = b""
        self.got += data
        return len(data) > 0

    def head(self):
        while b"\r\n\r\n" not in self.got:
            if not self.more():
                return 0, {}
        text, self.got = self.got.split(b"\r\n\r\n", 1)
        lines = text.decode().split("\r\n")
        return int(lines[0].split()[1]), {k.lower(): v for k, v in (x.split(": ", 1) for x in lines[1:])}

    def answer(self):
        status, fields = self.head()
        n = int(fields.get("content-length", 0))
        while len(self.got) < n:
            if not self.more():
                return 0, fields, b""
        body = bytes(self.got[:n])
        del self.got[:n]
        return status, fields, body

    def get(self, path, **kw):
        return self.send(request("GET", path, **kw)).answer()

    def ended(self):
        return self.got == b"" and not self.more() and self.got == b""

    def close(self):
        self.s.close()


def request(method, path, body=None, **fields):
    text = f"{method} {path} HTTP/1.1\r\nHost: x\r\n"
    if body is not None:
        text += f"Content-Length: {len(body)}\r\n"
    text += "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in fields.items())
    return text.encode() + b"\r\n" + (body or b"")


def reason(body):
    try:
        return json.loads(body)["error"]["reason"]
    except (ValueError, KeyError):
        return None


def three_ways_in(s):
    for kind in "plain", "tls", "unix":
        c = Client(s, kind)
        status, fields, body = c.get("/v1/facts/arg?q=1", X_Request_Id="forged", X_Forwarded_For="8.8.8.8", Uid="0")
        facts = json.loads(body)
        check(status == 200 and facts["arg"] == "arg" and facts["query"] == "q=1", f"{kind}: served")
        check(re.fullmatch("[0-9a-f]{32}", facts["id"]) and fields["x-request-id"] == facts["id"], f"{kind}: id")
        check(facts["tls"] == (kind == "tls") and facts["local"] == (kind == "unix"), f"{kind}: facts {facts}")
        check(facts["uid"] == (os.getuid() if kind == "unix" else -1), f"{kind}: uid")
        check(facts["source"] == (1 if kind == "unix" else 2), f"{kind}: source")
        check((facts["cb"] == "0" * 64) == (kind != "tls"), f"{kind}: binding")
        check(json.loads(c.get("/v1/facts")[2])["cb"] == facts["cb"], f"{kind}: one binding a connection")
        check(json.loads(c.get("/v1/facts")[2])["id"] != facts["id"], f"{kind}: an id of its own for each request")
        other = json.loads(Client(s, kind).get("/v1/facts")[2])
        check(kind != "tls" or other["cb"] != facts["cb"], "another connection, another binding")


def the_binding_is_what_the_client_sees(s):
    p = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{s.tls}", "-tls1_3", "-ign_eof",
                        "-keymatexport", "EXPORTER-sealring-v1", "-keymatexportlen", "32"],
                       input=request("GET", "/v1/facts", Connection="close"), capture_output=True)
    out = p.stdout.decode()
    theirs = re.search("Keying material: ([0-9A-F]{64})", out)
    ours = re.search('"cb":"([0-9a-f]{64})"', out)
    check(theirs and ours and theirs[1].lower() == ours[1], "exporter as OpenSSL's client computes it")


def only_tls_13(s):
    def attempt(**options):
        try:
            c = wrap(socket.create_connection(("127.0.0.1", s.tls)), **options)
            return c.version(), c.selected_alpn_protocol()
        except (ssl.SSLError, OSError):
            return None
    check(attempt() == ("TLSv1.3", None), "TLS 1.3")
    check(attempt(maximum=ssl.TLSVersion.TLSv1_2) is None, "TLS 1.2 refused")
    check(attempt(alpn=["h2", "http/1.1"]) == ("TLSv1.3", "http/1.1"), "ALPN http/1.1")
    check(attempt(alpn=["h2"]) is None, "ALPN h2 alone refused")
    out = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{s.tls}", "-no_tls1_3"], input=b"",
                         capture_output=True)
    check(b"protocol version" in out.stderr, "an alert for old versions")
    c = Client(s).send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    check(c.answer()[0] == 400 and c.ended(), "TLS on the plain port")


def curl_agrees(s):
    def curl(*args):
        return subprocess.run(["curl", "-s", "-k", "--max-time", "20", *args], capture_output=True).stdout
    big = os.urandom(700000)
    open(f"{DIR}/big", "wb").write(big)
    for url in f"http://127.0.0.1:{s.plain}", f"https://127.0.0.1:{s.tls}":
        check(curl("-d", "hello", url + "/v1/echo", url + "/v1/echo") == b"hellohello", "curl keeps alive")
        check(curl("--data-binary", f"@{DIR}/big", url + "/v1/echo") == big, "curl with Expect: 100-continue")
        check(curl("-H", "Transfer-Encoding: chunked", "--data-binary", f"@{DIR}/big", url + "/v1/echo") == big,
              "curl chunked")
        check(curl("--http1.0", url + "/v1/zeros/5") == bytes(5), f"curl with HTTP/1.0 {url}")
        check(curl("-o", "/dev/null", "-w", "%{http_code}", "--http2", url + "/v1/zeros/5") in (b"200", b"501"), "http2")
    check(curl("--unix-socket", s.path, "-d", "x", "http://x/v1/admin") == b"x", "curl on the Unix socket")


def keep_alive_and_pipelines(s):
    for kind in "plain", "tls":
        c = Client(s, kind)
        check(all(c.send(request("POST", "/v1/echo", str(i).encode())).answer()[2] == str(i).encode()
                  for i in range(200)), f"{kind}: 200 requests on one connection")
        c.send(b"".join(request("POST", "/v1/echo", b"%d" % i) for i in range(50)))
        check([c.answer()[2] for _ in range(50)] == [b"%d" % i for i in range(50)], f"{kind}: pipelined, in order")
        c.send(request("POST", "/v1/wait/200", b"first") + request("POST", "/v1/echo", b"second"))
        check([c.answer()[2], c.answer()[2]] == [b"first", b"second"], f"{kind}: the second waits for the first")
        whole = request("POST", "/v1/echo", b"dripped")
        for i in range(len(whole)):
            c.send(whole[i:i + 1])
        check(c.answer()[2] == b"dripped", f"{kind}: byte by byte")
        c.send(request("GET", "/v1/zeros/3", Connection="close") + request("GET", "/v1/zeros/4"))
        check(c.answer()[2] == bytes(3) and c.ended(), f"{kind}: nothing after close")
        c = Client(s, kind).send(request("POST", "/v1/echo", b"x") + b"GET / HTTP/1.1\nHost: x\n\n")
        check(c.answer()[0] == 200 and c.answer()[0] == 400 and c.ended(), f"{kind}: a second head is checked, too")


def bodies(s):
    c = Client(s)
    c.send("POST /v1/echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    check(c.head()[0] == 100 and c.send("abc").answer()[2] == b"abc", "100-continue")
    c.send("PUT /v1/json HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 65\r\n\r\n")
    check(c.answer()[0] == 413 and c.ended(), "413 instead of 100 Continue")
    big = os.urandom(300000)
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(x), x) for x in (big[i:i + 1777] for i in range(0, len(big), 1777)))
    head = b"POST /v1/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    for kind in "plain", "tls":
        c = Client(s, kind)
        for _ in range(2):
            check(c.send(head + chunked + b"0\r\n\r\n").answer()[2] == big, f"{kind}: chunks of 1777")
    for length in 1 << 20, 1 << 14, 1 << 14 | 1:
        body = os.urandom(length)
        check(Client(s, "tls").send(request("POST", "/v1/echo", body)).answer()[2] == body, f"a body of {length}")
    for length in (1 << 20) + 1, 2**63 - 1, 10**18:
        c = Client(s).send(f"POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n")
        status, _, body = c.answer()
        check(status == 413 and reason(body) == "too-large" and c.ended(), f"Content-Length {length}")
    c = Client(s).send(head)
    for _ in range(300):
        c.send(b"2000\r\n" + bytes(0x2000) + b"\r\n")
    check(c.answer()[0] == 413 and c.ended(), "an endless chunked body")
    small = head.replace(b"POST /v1/echo", b"PUT /v1/json").replace(b"\r\n\r\n", b"\r\nContent-Type: application/json\r\n\r\n")
    c = Client(s).send(small + b"41\r\n" + bytes(0x41) + b"\r\n0\r\n\r\n")
    status, _, body = c.answer()
    check(status == 413 and reason(body) == "too-large", "chunked over the route's limit")
    c.send(request("GET", "/v1/zeros/1"))
    check(c.answer()[2] == bytes(1), "and the connection lives on")
    for bad in b"5;x\r\nhello\r\n0\r\n\r\n", b"5\nhello", b"5\r\nhelloX", b"0\r\nX: y\r\n\r\n", b"fffffffff\r\n":
        c = Client(s).send(head + bad)
        status, _, body = c.answer()
        check(status == 400 and reason(body) == "http-chunk" and c.ended(), f"chunks: {bad}")
    c = Client(s).send("POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
    c.s.shutdown(socket.SHUT_WR)
    check(c.ended(), "half a body gets no answer")
    c = Client(s).send(request("POST", "/v1/wait/100", b"x"))
    c.s.shutdown(socket.SHUT_WR)
    check(c.answer()[2] == b"x" and c.ended(), "a client that has said all still hears its answer")


def wide_heads(s):
    body = os.urandom(70000)
    for kind in "plain", "tls", "unix":
        c = Client(s, kind)
        for size in 9000, 250000, 20000:
            c.send(request("POST", "/kbs/v0/echo", body, Authorization="Bearer " + "a" * size))
            check(c.answer()[2] == body, f"{kind}: a token of {size} bytes")
            check(c.send(request("POST", "/v1/echo", b"x")).answer()[2] == b"x", f"{kind}: and a narrow head after it")
        status, _, said = c.send(request("POST", "/v1/echo", body, Authorization="Bearer " + "a" * 9000)).answer()
        check(status == 431 and reason(said) == "head-too-large", f"{kind}: a large token elsewhere")


def smuggling(s):
    inner = "GET /v1/fail/a HTTP/1.1\r\nHost: x\r\n\r\n"
    h = "POST /v1/echo HTTP/1.1\r\nHost: x\r\n"
    rows = [
        ("CL and TE", h + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner, 400),
        ("TE and CL", h + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + inner, 400),
        ("two CL", h + "Content-Length: 0\r\nContent-Length: 41\r\n\r\n" + inner, 400),
        ("space before colon", h + "Content-Length : 41\r\n\r\n" + inner, 400),
        ("fold", h + "X: a\r\n Content-Length: 41\r\n\r\n" + inner, 400),
        ("NUL", h + "X: a\0\r\n\r\n" + inner, 400),
        ("bare LF", h + "X: a\nContent-Length: 41\r\n\r\n" + inner, 400),
        ("bare LF throughout", "GET /v1/facts HTTP/1.1\nHost: x\n\n" + inner, 400),
        ("two Host", "GET /v1/facts HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + inner, 400),
        ("no Host", "GET /v1/facts HTTP/1.1\r\n\r\n" + inner, 400),
        ("identity", h + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + inner, 400),
        ("TE in 1.0", "POST /v1/echo HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner, 400),
        ("body with GET", "GET /v1/facts HTTP/1.1\r\nHost: x\r\nContent-Length: 41\r\n\r\n" + inner, 400),
        ("absolute", "GET http://x/v1/facts HTTP/1.1\r\nHost: x\r\n\r\n" + inner, 400),
        ("encoded", "GET /v1/%66acts HTTP/1.1\r\nHost: x\r\n\r\n" + inner, 400),
        ("dots", "GET /v1/../v1/facts HTTP/1.1\r\nHost: x\r\n\r\n" + inner, 400),
        ("empty segment", "GET //v1/facts HTTP/1.1\r\nHost: x\r\n\r\n" + inner, 400),
        ("upgrade", "GET /v1/facts HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n" + inner, 501),
        ("CONNECT", "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n" + inner, 501),
        ("TRACE", "TRACE /v1/facts HTTP/1.1\r\nHost: x\r\n\r\n" + inner, 501),
        ("version", "GET /v1/facts HTTP/1.2\r\nHost: x\r\n\r\n" + inner, 505),
        ("long line", "GET /" + "a" * 9000 + " HTTP/1.1\r\nHost: x\r\n\r\n" + inner, 414),
        ("long head", "GET /v1/facts HTTP/1.1\r\nHost: x\r\nX: " + "a" * 9000 + "\r\n\r\n" + inner, 431),
        ("many fields", "GET /v1/facts HTTP/1.1\r\nHost: x\r\n" + "X: a\r\n" * 60 + "\r\n" + inner, 431),
    ]
    for kind in "plain", "tls", "unix":
        for label, text, want in rows:
            c = Client(s, kind).send(text)
            status, fields, body = c.answer()
            check(status == want and fields.get("connection") == "close" and c.ended(), f"{kind}: {label}: {status}")
            said = json.loads(body)["error"]
            check(said["request_id"] == fields["x-request-id"] and said["reason"], f"{kind}: {label}: worded")
    check("/v1/fail/{}" not in s.lines(), "nothing smuggled has run")


def deadlines(s):
    def until_end(c, each):
        began = time.monotonic()
        while time.monotonic() - began < 15:
            if select.select([c.s], [], [], 0.2)[0]:
                break
            c.send(each)
        return time.monotonic() - began

    for kind in "plain", "tls":
        c = Client(s, kind).send("GET /v1/facts HTTP/1.1\r\nX: ")
        t = until_end(c, "a")
        status, _, body = c.answer()
        check(status == 408 and reason(body) == "timeout" and 1.2 < t < 5 * SLOW, f"{kind}: a slow head: {status} {t}")
        c = Client(s, kind).send("POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        t = until_end(c, "a")
        check(c.answer()[0] == 408 and 1.2 < t < 5 * SLOW, f"{kind}: a slow body: {t}")
        c = Client(s, kind)
        t = until_end(c, "")
        check(c.ended() and 1.2 < t < 5 * SLOW, f"{kind}: silence: {t}")
        c = Client(s, kind)
        c.get("/v1/facts")
        t = until_end(c, "")
        check(c.ended() and 2.5 < t < 8 * SLOW, f"{kind}: idle after an answer: {t}")
    c = Client(s)
    c.s = socket.create_connection(("127.0.0.1", s.tls))
    t = until_end(c, "")
    check(1.5 < t < 6 * SLOW, f"a handshake that never comes: {t}")
    c = Client(s).send(request("POST", "/v1/wait/9000", b""))
    status, _, body = c.answer()
    check(status == 500 and reason(body) == "outcome-unknown", "an answer that never comes")


def handlers_that_block(s):
    """Two workers. One blocks; nobody else waits for it, not even connections that lived with it."""
    others = [Client(s) for _ in range(6)]
    for c in others:
        c.get("/v1/facts")
    blocked = Client(s).send(request("POST", "/v1/wait/1500", b"late"))
    time.sleep(0.2)
    began = time.monotonic()
    check(all(c.get("/v1/facts")[0] == 200 for c in others), "others are served")
    check(all(Client(s).get("/v1/facts")[0] == 200 for _ in range(6)), "newcomers are served")
    check(time.monotonic() - began < 1.0 * SLOW, "at once")
    check(blocked.answer()[2] == b"late", "and the slow one, too")


def slow_readers(s):
    readers = []
    for kind in "plain", "tls":
        c = Client(s, kind)
        c.send(request("GET", "/v1/zeros/8000000"))
        readers.append(c)
    time.sleep(0.5)
    before = s.ticks()
    time.sleep(1)
    check(s.ticks() - before < 30, f"a full pipe costs nothing: {s.ticks() - before} ticks")
    for c in readers:
        status, _, body = c.answer()
        check(status == 200 and body == bytes(8000000), "8 MB arrive whole")
        check(c.get("/v1/zeros/2")[2] == bytes(2), "and the connection is as good as new")


def refusals(s):
    want = {"b": 400, "c": 413, "d": 401, "e": 403, "f": 403, "g": 404, "h": 409, "i": 503, "j": 500, "k": 500,
            "l": 500, "m": 500}
    c = Client(s)
    for arg, status in want.items():
        got, fields, body = c.get("/v1/fail/" + arg)
        check(got == status and json.loads(body)["error"]["request_id"] == fields["x-request-id"], f"error {arg}: {got}")
        check((got == 503) == ("retry-after" in fields), f"error {arg}: Retry-After")
        check(status != 500 or reason(body) in ("internal", "outcome-unknown"), f"error {arg}: nothing of the inside")
    check(c.get("/v1/silent")[0] == 500, "a handler that says nothing")
    rows = [
        ("plain", request("GET", "/v1/none"), 404, "not-found"),
        ("plain", request("GET", "/v1/echo"), 405, "method-not-allowed"),
        ("plain", request("PUT", "/v1/json", b"{}"), 415, "media-type"),
        ("plain", request("PUT", "/v1/json", b"{}", Content_Type="application/json2"), 415, "media-type"),
        ("plain", request("PUT", "/v1/json", b"{}", Content_Type="application/json; charset=utf-8"), 200, None),
        ("plain", request("POST", "/v1/admin", b"x"), 403, "forbidden"),
        ("tls", request("POST", "/v1/admin", b"x", Uid="0", X_Peer="local"), 403, "forbidden"),
        ("unix", request("POST", "/v1/admin", b"x"), 200, None),
        ("plain", request("POST", "/v1/signed", b"x"), 401, "unauthenticated"),
        ("plain", request("POST", "/v1/signed", b"x", Authorization="y"), 401, "request-signature"),
        ("plain", request("POST", "/v1/signed", b"x", Authorization="x"), 200, None),
        ("plain", request("POST", "/v1/token", b"x"), 403, "forbidden"),
        ("plain", request("POST", "/v1/token", b"x", X_Vault_Token="t"), 200, None),
        ("plain", request("DELETE", "/v1/token", None, X_Vault_Token="t"), 200, None),
        ("plain", request("DELETE", "/v1/token", None, X_Vault_Token="u"), 403, "forbidden"),
    ]
    for kind, text, status, why in rows:
        got, fields, body = Client(s, kind).send(text).answer()
        check(got == status and (why is None or reason(body) == why), f"{text[:40]}: {got} {body}")
        check((got == 405) == (fields.get("allow") == "POST"), "Allow")
    c = Client(s).send("POST /v1/token HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n")
    check(c.answer()[0] == 403 and c.ended(), "access is decided before any body")


def emptied(s):
    """At most one connection is left, soon."""
    until = time.monotonic() + 30
    while s.connections() > 1 and time.monotonic() < until:
        time.sleep(0.1)
    return s.connections() <= 1


def resets(s):
    for i in range(200):
        c = Client(s)
        c.send(request("GET", "/v1/zeros/2000000") if i % 2 else "POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Le")
        c.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        c.close()
    for _ in range(30):
        c = Client(s, "tls").send(request("GET", "/v1/zeros/2000000"))
        c.s.recv(10)
        c.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        c.close()
    check(Client(s).get("/v1/facts")[0] == 200, "clients that reset break nothing")
    check(emptied(s), f"and leave nothing behind: {s.connections()}")


def many_at_once(s):
    def work(kind):
        for i in range(10):
            c = Client(s, kind)
            for k in range(20):
                body = os.urandom(100 * k)
                ok[kind] += c.send(request("POST", "/v1/echo", body)).answer()[2] == body
            c.close()
    ok = {"plain": 0, "tls": 0, "unix": 0}
    threads = [threading.Thread(target=work, args=(k,)) for k in ok]
    for t in threads:
        t.start()
    for _ in range(5):
        check(s.tell(f"reload {CERT[0]} {CERT[1]}") == "reload ok", "reload in the middle")
    for t in threads:
        t.join()
    check(set(ok.values()) == {200}, f"echoes from three kinds of clients at once: {ok}")


def certificates(s):
    def served():
        pem = ssl.get_server_certificate(("127.0.0.1", s.tls))
        return next((n for n, (chain, _) in (("one", CERT), ("two", two)) if open(chain).read() == pem), None)
    two = certificate("two")
    old = Client(s, "tls")
    old.get("/v1/facts")
    check(served() == "one", "the first certificate")
    check(s.tell(f"reload {two[0]} {two[1]}") == "reload ok" and served() == "two", "the second, without restart")
    check(old.get("/v1/facts")[0] == 200, "connections of the first live on")
    open(f"{DIR}/junk", "w").write("junk")
    os.chmod(f"{DIR}/junk", 0o600)
    for chain, key in (CERT[0], two[1]), (two[0], f"{DIR}/none"), (f"{DIR}/junk", two[1]), (two[0], f"{DIR}/junk"):
        check("tls: " in s.tell(f"reload {chain} {key}") and served() == "two", f"{chain} {key} changes nothing")
    os.chmod(CERT[1], 0o644)
    check("used by others" in s.tell(f"reload {CERT[0]} {CERT[1]}") and served() == "two", "a key for all to read")
    os.chmod(CERT[1], 0o600)
    subprocess.run(["openssl", "ec", "-aes128", "-passout", "pass:x", "-in", CERT[1], "-out", f"{DIR}/locked"],
                   check=True, stderr=subprocess.DEVNULL)
    check("tls: " in s.tell(f"reload {CERT[0]} {DIR}/locked") and served() == "two", "a key behind a passphrase")
    check(s.tell(f"reload {CERT[0]} {CERT[1]}") == "reload ok" and served() == "one", "and back")


def draining(s):
    idle, slow = Client(s, "tls"), Client(s)
    idle.get("/v1/facts")
    slow.send(request("POST", "/v1/wait/700", b"last"))
    time.sleep(0.2)
    check(s.tell("drain") == "drain ok", "drained in time")
    status, fields, body = slow.answer()
    check(status == 200 and body == b"last" and slow.ended(), "what ran has finished")
    check(fields.get("connection") == "close", "and said that it is the last")
    check(idle.ended(), "idle connections are closed")
    s.s = socket.socket()
    s.s.settimeout(0.5)
    try:
        s.s.connect(("127.0.0.1", s.plain))
        s.s.sendall(request("GET", "/v1/facts"))
        check(s.s.recv(1) == b"", "nobody new is served")
    except OSError:
        check(True, "nobody new is served")


def caps():
    s = Server(PER_SOURCE=5)
    held = [Client(s) for _ in range(5)]
    check(all(c.get("/v1/facts")[0] == 200 for c in held), "as many as one source may")
    check(Client(s).get("/v1/facts")[0] == 0, "and no more")
    check(Client(s, "unix").get("/v1/facts")[0] == 200, "the Unix socket does not count")
    held.pop().close()
    time.sleep(0.3)
    check(Client(s).get("/v1/facts")[0] == 200, "one left, one may come")
    s.stop()
    s = Server(CONNECTIONS=8)
    held = [Client(s) for _ in range(8)]
    check(all(c.get("/v1/facts")[0] == 200 for c in held), "as many as there may be")
    check(Client(s).get("/v1/facts")[0] == 200 and held[0].ended(), "the one idle longest makes room")
    check(Client(s, "unix").get("/v1/facts")[0] == 200, "the Unix socket has room of its own")
    s.stop()
    s, body = Server(HEAD=120000), os.urandom(1000)
    # More than there are places: one of ours may be faster than one of those, which is refused then.
    slow = [Client(s, "tls").send("GET /kbs/v0/echo HTTP/1.1\r\nHost: x\r\nCookie: " + "a" * 20000) for _ in range(24)]
    for _ in range(500):
        status, fields, said = Client(s, "tls").send(request("POST", "/kbs/v0/echo", body, Cookie="a" * 20000)).answer()
        if status == 503:
            break
    check(status == 503 and reason(said) == "busy" and "retry-after" in {k.lower() for k in fields}, "sixteen of one address, and no more")
    check(Client(s, "tls").send(request("POST", "/kbs/v0/echo", body, Cookie="a" * 200)).answer()[2] == body, "narrow heads are served meanwhile")
    for c in slow:
        c.close()
    for _ in range(500):
        status = Client(s, "tls").send(request("POST", "/kbs/v0/echo", body, Cookie="a" * 20000)).answer()[0]
        if status == 200:
            break
    check(status == 200, "when they are gone there is room again")
    s.stop()
    s = Server(BODIES=100)
    held = Client(s).send("POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n")
    time.sleep(0.3)
    status, fields, body = Client(s).send(request("POST", "/v1/echo", bytes(20))).answer()
    check(status == 503 and reason(body) == "busy" and "retry-after" in fields, "memory for bodies has an end")
    held.send(bytes(90))
    check(held.answer()[0] == 200, "what was promised is kept")
    check(Client(s).send(request("POST", "/v1/echo", bytes(20))).answer()[0] == 200, "and given back")
    s.stop()


def out_of_descriptors():
    s = Server(QUIET=1, HEAD=20000, HANDSHAKE=20000)
    open_now = len(os.listdir(f"/proc/{s.p.pid}/fd"))
    resource.prlimit(s.p.pid, resource.RLIMIT_NOFILE, (open_now + 20, open_now + 20))
    held = [Client(s) for _ in range(60)]
    time.sleep(0.5)
    before = s.ticks()
    time.sleep(2)
    check(s.ticks() - before < 40, f"no descriptors, no spinning: {s.ticks() - before} ticks in 2 s")
    check(s.connections() <= 20, "no more than fit")
    for c in held:
        c.close()
    time.sleep(1)
    check(Client(s).get("/v1/facts")[0] == 200, "and it goes on when there are some again")
    s.stop()


def crowd(n):
    """Slow and silent TLS connections, n of each, and one good client. No deadline ends them, however long it takes to open them."""
    s = Server(QUIET=1, HEAD=600000, HANDSHAKE=600000, CONNECTIONS=8000)
    silent = [socket.create_connection(("127.0.0.1", s.tls)) for _ in range(n)]
    hello = ssl.MemoryBIO()
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        ctx.wrap_bio(ssl.MemoryBIO(), hello, server_hostname="x").do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = hello.read()
    for i, c in enumerate(silent):  # a third says nothing, a third half a hello, a third a hello and then nothing
        c.sendall((b"", hello[:len(hello) // 2], hello)[i % 3])
    slow = []
    for _ in range(n):
        c = Client(s, "tls")
        slow.append(c.send("GET /v1/fa"))
    check(s.connections() == 2 * n, f"{2 * n} connections are open: {s.connections()}")
    time.sleep(1)
    before = s.ticks()
    time.sleep(3)
    quiet = s.ticks() - before
    check(quiet < 30, f"a silent crowd costs nothing: {quiet} ticks in 3 s")
    before, began = s.ticks(), time.monotonic()
    good = Client(s, "tls")
    served = 0
    for _ in range(50):
        for c in slow[:100]:
            c.send("a")
        served += good.get("/v1/facts")[0] == 200
    check(served == 50, "a good client is served")
    check(s.ticks() - before < 200 * SLOW, f"{s.ticks() - before} ticks for 5,000 dripped bytes and 50 answers")
    check(time.monotonic() - began < 15 * SLOW, "in good time")
    rss = int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{s.p.pid}/status").read())[1])
    check(SHORT or rss < 60000 + 2 * n * 64, f"{rss} KiB for {2 * n} connections")
    for c in silent:
        c.close()
    for c in slow:
        c.close()
    check(emptied(s), f"all gone again: {s.connections()}")
    s.stop()


def memory_holds(pid, needle):
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            at, mode = line.split()[:2]
            if not mode.startswith("rw") or "[v" in line:
                continue
            a, b = (int(x, 16) for x in at.split("-"))
            mem.seek(a)
            try:
                if needle in mem.read(b - a):
                    return line
            except OSError:
                pass
    return None


def nothing_stays_behind():
    """What came in bodies and in Authorization is nowhere in the process once its connection has ended."""
    s = Server(QUIET=1)
    for kind in "plain", "tls", "unix":
        secret = os.urandom(24).hex()
        body = secret.encode() * 100
        c = Client(s, kind)
        check(c.send(request("POST", "/v1/echo", body, Authorization=secret)).answer()[2] == body, "echo")
        slow = Client(s, kind).send(request("POST", "/v1/wait/500", secret.encode()[:48], Authorization=secret))
        time.sleep(0.2)
        check(memory_holds(s.p.pid, secret.encode()), "while it runs it is there: the search finds what there is")
        slow.answer()
        slow.close()
        c.close()
        time.sleep(0.5)
        check(s.connections() == 0, "both have ended")
        where = memory_holds(s.p.pid, secret.encode())
        check(where is None, f"{kind}: a secret in {where}")
    s.stop()


def careless_starts():
    s = Server(PLAIN="0.0.0.0")
    check(s.said[0] == "failed" and "loopback" in " ".join(s.said), "plain HTTP beyond loopback is refused")
    os.chmod(CERT[1], 0o604)
    s = Server()
    check(s.said[0] == "failed" and "used by others" in " ".join(s.said), "a key for all to read is refused")
    os.chmod(CERT[1], 0o600)
    s = Server()
    check(os.stat(s.path).st_mode & 0o777 == 0o600, "the Unix socket is for its owner")
    second = subprocess.run([SERVER, s.path], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    check("failed" in second.stdout, "a socket in use is not taken over")
    s.stop()
    s = Server()
    check(s.said[0] == "ready", "a dead one is")
    s.stop()


CERT = certificate("one")
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
for threads in (2,) if SHORT else (1, 2):
    server = Server(THREADS=threads)
    for scenario in (three_ways_in, the_binding_is_what_the_client_sees, only_tls_13, curl_agrees,
                     keep_alive_and_pipelines, bodies, wide_heads, smuggling, handlers_that_block, slow_readers, refusals, resets,
                     many_at_once, certificates, *([] if threads == 2 and not SHORT else [deadlines]), draining):
        began = time.monotonic()
        scenario(server)
        if os.environ.get("VERBOSE"):
            print(f"{scenario.__name__} {time.monotonic() - began:.1f} s", flush=True)
    server.stop()
caps()
careless_starts()
if not SHORT:  # sanitizers keep what was freed
    nothing_stays_behind()
out_of_descriptors()
crowd(100 if SHORT else 1000)
subprocess.run(["rm", "-rf", DIR])
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
