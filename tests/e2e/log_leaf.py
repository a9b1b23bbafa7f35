#!/usr/bin/env python3
"""log_leaf.py NODE MEMBER INDEX: the bytes of one of the first 256 leaves in hex, read from the entry bundle of a
C2SP tlog-tiles log."""
import ssl, sys, urllib.request

node, member, index = sys.argv[1], sys.argv[2], int(sys.argv[3])
ctx = ssl._create_unverified_context()


def get(path):
    return urllib.request.urlopen(f"{node}/sealring/v1/log/{member}/{path}", context=ctx).read()


size = int(get("checkpoint").split(b"\n")[1])
data = get(f"tile/entries/000.p/{size}" if size < 256 else "tile/entries/000")
for _ in range(index):
    data = data[2 + int.from_bytes(data[:2], "big"):]
print(data[2:2 + int.from_bytes(data[:2], "big")].hex())
