"""headers.py - every function of a header is explained: by a comment right above it, at the end of its lines, or above the
group that it belongs to (prototypes without an empty line between them). What ends a thing's life needs no words: ..._drop,
_free, _close."""
import re
import subprocess
import sys

FOLDERS = ["crypto", "proto", "store", "node", "bootstrap", "client"]
files = [f for f in subprocess.run(["git", "ls-files", *FOLDERS], capture_output=True, text=True, check=True).stdout.split()
         if f.endswith(".h")]
tags = subprocess.run(["ctags", "-f", "-", "--languages=C", "--langmap=C:.c.h", "--kinds-C=p", "--fields=ne", "--sort=no",
                       "-L", "-"], input="\n".join(files), capture_output=True, text=True, check=True).stdout
passed, bad, text = 0, [], {}


def lines_of(path):
    if path not in text:
        with open(path, encoding="utf-8") as f:
            text[path] = f.read().split("\n")
    return text[path]


def explained(lines, at):
    """at: index of the line with the prototype's name."""
    end = at
    while ";" not in lines[end]:
        end += 1
    if any("/*" in x for x in lines[at:end + 1]):
        return True
    while at > 0 and lines[at - 1].strip():
        at -= 1
        if "*/" in lines[at] and not re.search(r"[;{].*/\*", lines[at]):
            return True
    return False


for row in tags.splitlines():
    name, path, _, *fields = row.split("\t")
    line = int(next(f for f in fields if f.startswith("line:"))[5:])
    if re.search(r"_(drop|free|close)$", name) or explained(lines_of(path), line - 1):
        passed += 1
    else:
        bad.append(f"{path}:{line}: {name}: nothing says what it is for")
print("\n".join(bad + [f"{passed} passed, {len(bad)} failed"]))
sys.exit(bool(bad) or passed < 100)
