"""witness_outside.py DIR ORIGIN_PREFIX: a witness that is no member, written from C2SP tlog-witness, tlog-cosignature and RFC 9162
alone: it takes the first key that signs for an origin on trust. Writes DIR/port and DIR/vkey; each request is a line of DIR/seen:
status, old, size. The key is of DIR/seed, 32 bytes, so that it is the same after a restart; what it has seen is forgotten then."""
import base64
import hashlib
import re
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NAME = "witness.example/outside"
DIR, PREFIX = sys.argv[1:3]
with open(f"{DIR}/seed", "rb") as f:
    key = Ed25519PrivateKey.from_private_bytes(f.read())
pub = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
key_id = hashlib.sha256(NAME.encode() + b"\n\x04" + pub).digest()[:4]
seen, lock = {}, threading.Lock()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def consistent(first, second, first_root, second_root, proof):
    """RFC 9162 section 2.1.4.2."""
    if first == 0:
        return not proof
    if first == second:
        return not proof and first_root == second_root
    if not proof:
        return False
    if first & (first - 1) == 0:
        proof = [first_root] + proof
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for c in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == first_root and sr == second_root


def judge(body):
    """Status, content type, answer."""
    head, note = body.decode().split("\n\n", 1)
    lines = head.split("\n")
    old = int(re.fullmatch(r"old (0|[1-9][0-9]*)", lines[0])[1])
    proof = [base64.b64decode(x, validate=True) for x in lines[1:]]
    text, sigs = note.rsplit("\n\n", 1)
    text += "\n"
    origin, size, root = text.split("\n")[:3]
    size, root = int(size), base64.b64decode(root, validate=True)
    sig_name, sig = re.match(r"\u2014 (\S+) (\S+)\n", sigs).groups()
    if not origin.startswith(PREFIX) or sig_name != origin:
        return 404, "text/plain", b"", old, size
    with lock:
        have_size, have_root = seen.get(origin, (0, None))
        if old > size:
            return 400, "text/plain", b"", old, size
        if old != have_size:
            return 409, "text/x.tlog.size", b"%d\n" % have_size, old, size
        if not consistent(old, size, have_root, root, proof):
            return (409 if old == size else 422), "text/plain", b"", old, size
        seen[origin] = (size, root)
    now = int(time.time())
    signature = key.sign(f"cosignature/v1\ntime {now}\n{text}".encode())
    line = "\u2014 %s %s\n" % (NAME, base64.b64encode(key_id + struct.pack(">Q", now) + signature).decode())
    return 200, "text/plain", line.encode(), old, size


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path != "/below/here/add-checkpoint":
            status, kind, answer, old, size = 404, "text/plain", b"", 0, 0
        else:
            try:
                status, kind, answer, old, size = judge(body)
            except (ValueError, TypeError, AttributeError, IndexError):
                status, kind, answer, old, size = 400, "text/plain", b"", -1, -1
        with lock, open(f"{DIR}/seen", "a") as f:
            print(status, old, size, file=f)
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
with open(f"{DIR}/vkey", "w") as f:
    f.write("%s+%s+%s" % (NAME, key_id.hex(), base64.b64encode(b"\4" + pub).decode()))
with open(f"{DIR}/port", "w") as f:
    f.write(str(server.server_address[1]))
server.serve_forever()
