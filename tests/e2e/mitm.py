"""mitm.py - somebody between a joiner or a workload and a member: a proxy that changes, drops, doubles, keeps and swaps
messages, over plain HTTP or with a TLS certificate of its own."""
import http.client
import re
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Which message travels where: (path, is it the request?).
LEGS = {("/sealring/v1/join/challenge", True): "M1", ("/sealring/v1/join/challenge", False): "M2",
        ("/sealring/v1/join/attest", True): "M3", ("/sealring/v1/join/attest", False): "M4",
        ("/sealring/v1/join/confirm", True): "M5", ("/sealring/v1/join/confirm", False): "M6",
        ("/sealring/v1/release/challenge", False): "W1",
        ("/sealring/v1/release", True): "W2", ("/sealring/v1/release", False): "W3"}


class Drop(Exception):
    """The connection ends here."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def serve(self):
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            body = proxy.leg(self.path, True, body)
            status, kind, answer = proxy.forward(self.command, self.path, self.headers.get("content-type"), body)
            if status == 200:
                answer = proxy.leg(self.path, False, answer)
        except Drop:
            self.close_connection = True
            self.connection.close()
            return
        self.send_response(status)
        self.send_header("content-type", kind or "application/octet-stream")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_DELETE = serve


class Proxy:
    """rule(name, body) -> body, for every message; `seen` keeps the last of each, as it was sent."""

    def __init__(self, upstream, rule=None, tls=None):
        self.upstream, self.rule, self.seen, self.twice = upstream, rule, {}, None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.proxy = self
        self.server.daemon_threads = True
        scheme = "http"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def leg(self, path, is_request, body):
        name = LEGS.get((path, is_request))
        if not name:
            return body
        self.seen[name] = body
        return self.rule(name, body) if self.rule else body

    def forward(self, method, path, kind, body):
        first = send(self.upstream, method, path, kind, body)
        if self.twice and LEGS.get((path, True)) == self.twice:
            self.second = send(self.upstream, method, path, kind, body)
        return first

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def send(url, method, path, kind, body):
    """Straight to a member: (status, content type, body)."""
    scheme, rest = url.split("://")
    if scheme == "https":
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(rest, timeout=20, context=context)
    else:
        connection = http.client.HTTPConnection(rest, timeout=20)
    connection.request(method, path, body or None, {"content-type": kind} if kind else {})
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, answer.getheader("content-type"), data


def post(url, path, body):
    """(status, reason or None, body)"""
    status, _, data = send(url, "POST", path, "application/octet-stream", body)
    found = re.search(rb'"reason":"([a-z0-9-]+)"', data) if status != 200 else None
    return status, found and found.group(1).decode(), data


def flip(bit):
    return lambda b: b[: bit // 8] + bytes([b[bit // 8] ^ 1 << bit % 8]) + b[bit // 8 + 1:]


def on(name, change):
    """A rule: that change on that message, nothing else."""
    return lambda leg, body: change(body) if leg == name else body


def drop(_):
    raise Drop


class Daemon:
    """A node that was started by us, followed through its log."""

    def __init__(self, command, log):
        self.log, self.file = log, open(log, "w")
        self.process = subprocess.Popen(command, stdout=self.file, stderr=self.file)

    def lines(self):
        return open(self.log).read()

    def wait(self, *words, seconds=60):
        """The first of these that its log says; None when it ends, or says none of them in time."""
        until = time.time() + seconds
        while time.time() < until:
            text = self.lines()
            for w in words:
                if w in text:
                    return w
            if self.process.poll() is not None:
                text = self.lines()
                return next((w for w in words if w in text), None)
            time.sleep(0.005)
        return None

    def reason(self):
        """Why the last try to join failed."""
        found = re.findall(r"msg=join-failed .*? reason=([a-z0-9-]+) ", self.lines())
        return found[-1] if found else None

    def url(self):
        return re.findall(r"msg=serving address=(\S+)", self.lines())[-1]

    def end(self, how="kill"):
        getattr(self.process, how)()
        self.process.wait()
        self.file.close()
