#!/usr/bin/env python3
"""ssh_agent_fake.py SOCKET KEY.pub HOW - an SSH agent that offers one key and is no good: for each request,
other: a good signature by another key; garbage: bytes; huge: a length of 4 GiB; nothing: no answer; cut: half an answer;
relabelled: the other key's signature as if it were RSA's."""
import base64
import os
import socket
import struct
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def lp(data):
    return struct.pack(">I", len(data)) + data


def read(c, n):
    data = b""
    while len(data) < n:
        try:
            piece = c.recv(n - len(data))
        except ConnectionResetError:
            piece = b""
        if not piece:
            sys.exit(0)
        data += piece
    return data


def answer(request, blob, how):
    if request[0] == 11:
        return lp(b"\x0c" + struct.pack(">I", 1) + lp(blob) + lp(b"a comment"))
    at = 5 + struct.unpack(">I", request[1:5])[0]
    text = request[at + 4:at + 4 + struct.unpack(">I", request[at:at + 4])[0]]
    kind = b"rsa-sha2-512" if how == "relabelled" else b"ssh-ed25519"
    good = lp(b"\x0e" + lp(lp(kind) + lp(Ed25519PrivateKey.generate().sign(text))))
    return {"garbage": lp(os.urandom(200)), "huge": b"\xff\xff\xff\xff\x0e", "nothing": b"", "cut": good[:40]}.get(how, good)


def main():
    path, public, how = sys.argv[1:]
    with open(public, encoding="ascii") as f:
        blob = base64.b64decode(f.read().split()[1])
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.listen(1)
    c, _ = s.accept()
    while True:
        request = read(c, struct.unpack(">I", read(c, 4))[0])
        c.sendall(answer(request, blob, how))
        if request[0] != 11 and how == "cut":
            c.close()
            return


main()
