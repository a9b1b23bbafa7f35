#!/usr/bin/env python3
"""prometheus.py: is standard input the Prometheus text format? Every sample typed before it, no name twice."""
import re, sys

types, seen = {}, set()
for line in sys.stdin.read().splitlines():
    if line.startswith("# TYPE "):
        _, _, name, kind = line.split(" ")
        assert kind in ("counter", "gauge", "histogram") and name not in types, line
        types[name] = kind
    elif line.startswith("# HELP "):
        assert re.match(r"# HELP [a-z_:][a-z0-9_:]* \S", line), line
    else:
        m = re.fullmatch(r'([a-z_:][a-z0-9_:]*)(\{[^}]*\})? (\d+(\.\d+)?)', line)
        assert m and m[1] in types and line.rsplit(" ", 1)[0] not in seen, line
        seen.add(line.rsplit(" ", 1)[0])
assert len(seen) > 5
