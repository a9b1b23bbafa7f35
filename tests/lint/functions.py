"""functions.py - the budgets of functions, by universal-ctags (where they are, how long, what they take) and a small parser
of statements (how deep they nest):

  length      at most 60 lines, aim for 15
  parameters  at most 5 that say what to do; where results go (ret..., why) is not counted, as every function that can
              fail has those. More is a struct.
  nesting     at most 3: a loop in a branch in a loop; `else if` is one level with its `if`

Callbacks whose signature a library sets stand in THEIRS; those that may take more in MORE, which fails when it is out of
date."""
import re
import subprocess
import sys

LENGTH, PARAMETERS, NESTING = 60, 5, 3
FOLDERS = ["crypto", "proto", "store", "node", "bootstrap", "client", "examples"]
THEIRS = {"on_request", "choose_alpn", "authorize"}  # libmicrohttpd, OpenSSL, SQLite
# Every argument is another check's result, or what it was made over, each of a type of its own.
MORE = {"cert_chain_verify": 7, "cert_chain_validity": 6, "join_grant": 7, "keyring_grant": 6, "release_w3": 7,
        "keyring_release": 7, "collateral_tcb": 6, "row_seal": 6}
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|//[^\n]*|/\*.*?\*/|^[ \t]*\#(?:\\\n|[^\n])*'
                   r'|[A-Za-z_]\w*|\d[\w.]*|\S', re.S | re.M)


def functions():
    """Each function: name, file, first line, last line, signature."""
    files = subprocess.run(["git", "ls-files", *FOLDERS], capture_output=True, text=True, check=True).stdout.split()
    tags = subprocess.run(["ctags", "-f", "-", "--languages=C", "--langmap=C:.c.h", "--kinds-C=f", "--fields=neS",
                           "--sort=no", "-L", "-"], input="\n".join(f for f in files if f.endswith((".c", ".h"))),
                          capture_output=True, text=True, check=True).stdout
    for row in tags.splitlines():
        name, path, _, *fields = row.split("\t")
        f = dict(x.split(":", 1) for x in fields if ":" in x)
        yield name, path, int(f["line"]), int(f["end"]), f["signature"]


def parameters(signature):
    """The names of the parameters that say what to do."""
    depth, rows = 0, [""]
    for c in signature.strip()[1:-1]:
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 0:
            rows.append("")
        else:
            rows[-1] += c
    names = [re.findall(r"\w+", re.sub(r"\[[^]]*\]|\)\s*\(.*", "", r))[-1:] for r in rows]
    return [n[0] for n in names if n and n[0] != "void" and not re.fullmatch(r"ret(_\w+)?|why|out", n[0])]


class Body:
    """The statements between the braces of one function."""

    def __init__(self, text):
        self.t = [x for x in TOKEN.findall(text) if not x.lstrip().startswith(("//", "/*", "#"))]
        self.i, self.deepest = self.t.index("{"), 0

    def next(self):
        return self.t[self.i] if self.i < len(self.t) else ""

    def skip_brackets(self):
        depth = 0
        while True:
            depth += (self.next() in "([{") - (self.next() in ")]}")
            self.i += 1
            if depth == 0 or self.i >= len(self.t):
                return

    def skip_until(self, ends):
        while self.i < len(self.t) and self.next() not in ends:
            if self.next() in ("(", "[", "{"):
                self.skip_brackets()
            else:
                self.i += 1
        self.i += 1

    def block(self, depth):
        self.i += 1
        while self.i < len(self.t) and self.next() != "}":
            self.statement(depth)
        self.i += 1

    def inner(self, depth):
        self.deepest = max(self.deepest, depth)
        self.statement(depth)

    def branch(self, depth):
        self.i += 1
        self.skip_brackets()
        self.inner(depth + 1)
        if self.next() == "else":
            self.i += 1
            if self.next() == "if":
                self.branch(depth)
            else:
                self.inner(depth + 1)

    def statement(self, depth):
        word = self.next()
        if word == "{":
            self.block(depth)
        elif word == "if":
            self.branch(depth)
        elif word in ("for", "while", "switch"):
            self.i += 1
            self.skip_brackets()
            self.inner(depth + 1)
        elif word == "do":
            self.i += 1
            self.inner(depth + 1)
            self.skip_until((";",))
        elif word in ("case", "default"):
            self.skip_until((":",))
        else:
            self.skip_until((";",))


def main():
    seen, bad, more = 0, [], dict(MORE)
    for name, path, first, last, signature in functions():
        with open(path, encoding="utf-8") as f:
            text = "".join(f.readlines()[first - 1:last])
        body = Body(text)
        body.block(0)
        seen += 1
        takes = 0 if name in THEIRS else len(parameters(signature))
        if takes == more.get(name):
            del more[name]
            takes = 0
        for what, n, most in [("lines", last - first + 1, LENGTH), ("levels of nesting", body.deepest, NESTING),
                              ("parameters", takes, PARAMETERS)]:
            if n > most:
                bad.append(f"{path}:{first}: {name}: {n} {what}, at most {most}")
    bad += [f"{name} does not take {n} parameters any more" for name, n in more.items()]
    print("\n".join(bad + [f"{seen - len(bad)} passed, {len(bad)} failed"]))
    return bool(bad) or seen < 500


sys.exit(main())
