#!/usr/bin/env python3
"""launch_events.py PROGRAM [CONFIG-DIGEST]: what a launch extends into PCR 14, a digest a line, from specs/measurement.md alone."""
import hashlib
import struct
import sys


def lp(b):
    return struct.pack(">I", len(b)) + b


def event(kind, name, digest):
    return hashlib.sha256(lp(b"sealring/v1/event") + lp(kind) + lp(name) + digest)


def launch(program, config=bytes(32)):
    with open(program, "rb") as f:
        code = hashlib.sha256(f.read()).digest()
    return event(b"code", b"program", code), event(b"config", b"config", config)


if __name__ == "__main__":
    for e in launch(sys.argv[1], bytes.fromhex(sys.argv[2]) if sys.argv[2:] and sys.argv[2] else bytes(32)):
        print(e.hexdigest())
