"""prometheus.py < TEXT: the text exposition format, read strictly: each family has one HELP and one TYPE before its
only samples, counters end in _total, values are numbers, nothing is left over. Prints the number of families."""
import re
import sys

text = sys.stdin.buffer.read().decode("ascii")
assert text.endswith("\n") and "\r" not in text, "lines end with a line feed"
NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*"
families = {}
for number, line in enumerate(text[:-1].split("\n"), 1):
    where = f"line {number}: {line!r}"
    if m := re.fullmatch(f"# HELP ({NAME}) (.+)", line):
        assert m[1] not in families, f"{where}: HELP twice"
        families[m[1]] = {"type": None, "samples": set()}
        last = m[1]
    elif m := re.fullmatch(f"# TYPE ({NAME}) (counter|gauge)", line):
        assert m[1] == last and families[last]["type"] is None, f"{where}: TYPE out of place"
        families[last]["type"] = m[2]
    elif m := re.fullmatch(rf'({NAME})(\{{{NAME}="[^"\\\n]*"(?:,{NAME}="[^"\\\n]*")*\}})? (\d+(?:\.\d+)?)', line):
        assert m[1] == last and families[last]["type"], f"{where}: a sample out of place"
        assert m[2] not in families[last]["samples"], f"{where}: a sample twice"
        families[last]["samples"].add(m[2])
    else:
        raise SystemExit(f"{where}: not the format")
for name, family in families.items():
    assert family["samples"], f"{name}: no sample"
    assert (family["type"] == "counter") == name.endswith("_total"), f"{name}: a {family['type']}"
    assert name.startswith("sealring_"), name
print(len(families))
