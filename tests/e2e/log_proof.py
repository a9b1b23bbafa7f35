#!/usr/bin/env python3
"""log_proof.py PROOF-FILE LEAF-HEX: does the C2SP tlog-proof hold for this leaf? RFC 6962's hashing, from its text."""
import base64, hashlib, sys

lines = open(sys.argv[1]).read().split("\n")
leaf = bytes.fromhex(sys.argv[2])
assert lines[0] == "c2sp.org/tlog-proof@v1", lines[0]
index = int(lines[1].removeprefix("index "))
blank = lines.index("")
path = [base64.b64decode(line) for line in lines[2:blank]]
size, root = int(lines[blank + 2]), base64.b64decode(lines[blank + 3])
node, at, last = hashlib.sha256(b"\0" + leaf).digest(), index, size - 1
for other in path:  # RFC 9162 section 2.1.3.2
    if at & 1 or at == last:
        node = hashlib.sha256(b"\1" + other + node).digest()
        while at and not at & 1:
            at, last = at >> 1, last >> 1
    else:
        node = hashlib.sha256(b"\1" + node + other).digest()
    at, last = at >> 1, last >> 1
sys.exit(0 if last == 0 and node == root else 1)
