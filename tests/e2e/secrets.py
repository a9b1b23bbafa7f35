"""secrets.py BUILD DIR - two nodes, a put, fetches and a restart, all under strace. Then every secret there was (masters
and what follows from them, the platform's key, keys of people, values) is looked for, raw, in hex and in base64: in every
file, in every argument of every system call, in command lines, environments and logs; values in the memory of the
daemons as well. Where a secret has to pass (a key file that is read, a value on stdin or stdout) it must be found:
that is how one knows that the search finds."""
import base64
import json
import os
import re
import shutil
import subprocess
import sys

from mitm import Daemon

BUILD, DIR = sys.argv[1:3]
VALUE = b"launch code " + os.urandom(20).hex().encode()
passed = failed = 0


def check(what, good, more=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED:", what, more)


def traced(name):
    return ["strace", "-D", "-f", "-qq", "-xx", "-s", "1000000", "-o", f"{DIR}/trace.{name}"]


def daemon(name, program, *flags, run=1):
    folder = f"{DIR}/{name}"
    os.makedirs(folder, exist_ok=True)
    return Daemon([*traced(f"{name}.{run}"), f"{BUILD}/{program}", "--platform", "insecure", "--state-dir", f"{folder}/state",
                   "--listen-plain", "127.0.0.1:0", "--admin-socket", f"{folder}/admin", "--sync-seconds", "1", "--log-level", "debug",
                   *flags], f"{folder}/log.{run}")


def command(name, *args, data=None):
    r = subprocess.run([*traced(name), f"{BUILD}/sealring-insecure", *args], input=data, capture_output=True)
    check(f"{name} works", r.returncode == 0, r.stderr)
    return r.stdout


def forms(secret):
    """Needles: both halves of it, as it may be written; base64 at each of its three alignments, without the edges."""
    for half in (secret[: len(secret) // 2], secret[len(secret) // 2:]):
        yield from (half, half.hex().encode(), half.hex().upper().encode())
        for shift in range(3):
            for alphabet in (b"+/", b"-_"):
                yield base64.b64encode(bytes(shift) + half, alphabet)[4 * (shift > 0): -4]


STRING = re.compile(rb'"((?:\\x[0-9a-f]{2})+)"')


UNFINISHED = b" <unfinished ...>"
RESUMED = re.compile(rb"<\.\.\. \w+ resumed>")


def whole(lines):
    """A call that another thread's call interrupts is written in two pieces: put together, by the thread that made it."""
    begun = {}
    for line in lines:
        pid, _, rest = line.rstrip(b"\n").partition(b" ")
        rest = rest.lstrip()
        if rest.endswith(UNFINISHED):
            begun[pid] = rest.removesuffix(UNFINISHED)
        elif RESUMED.match(rest):
            yield begun.pop(pid, b"") + RESUMED.sub(b"", rest, count=1)
        else:
            yield rest
    yield from begun.values()  # a process was ended in it


def calls(path):
    """Each system call of a trace as (name and first arguments, all the bytes in it)."""
    for line in whole(open(path, "rb")):
        strings = STRING.findall(line)
        if strings:
            head = STRING.sub(b'""', line)[:60].strip()
            yield head, b"\0".join(bytes.fromhex(s.replace(b"\\x", b"").decode()) for s in strings)


BORN = b"getrandom("  # where a secret comes from is no leak


def in_traces(secret):
    """{trace: [calls]} where it shows."""
    found = {}
    needles = list(forms(secret))
    for name, every in TRACES.items():
        hits = [head for head, data in every if any(n in data for n in needles) and not head.startswith(BORN)]
        if hits:
            found[name] = hits
    return found


def in_files(secret):
    needles, found = list(forms(secret)), []
    for folder, _, names in os.walk(DIR):
        for name in names:
            path = os.path.join(folder, name)
            if name.startswith("trace.") or not os.path.isfile(path):
                continue
            data = open(path, "rb").read()
            if any(n in data for n in needles):
                found.append(os.path.relpath(path, DIR))
    return found


def memory(pid):
    """All that is writable in a process."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            at, mode = line.split()[:2]
            if mode.startswith("rw") and "[v" not in line:
                a, b = (int(x, 16) for x in at.split("-"))
                mem.seek(a)
                try:
                    yield mem.read(b - a)
                except OSError:  # guard pages
                    pass


def copies(pid, needle):
    return sum(chunk.count(needle) for chunk in memory(pid))


def said(pid):
    return open(f"/proc/{pid}/cmdline", "rb").read() + open(f"/proc/{pid}/environ", "rb").read()


def state_secrets(name):
    """From a copy, so that nothing of the node's own is touched; sealed to the daemon's code, which the tool claims to be."""
    shutil.copytree(f"{DIR}/{name}/state", f"{DIR}/copy")
    measured = subprocess.run([f"{BUILD}/sealring-insecure", "measure", "--json", f"{BUILD}/sealring-node-insecure"],
                              capture_output=True, check=True).stdout
    with open(f"{DIR}/copy/insecure-claims", "w") as f:
        f.write("code " + json.loads(measured)["code"] + "\n")
    out = subprocess.run([f"{BUILD}/tests/state_secrets", f"{DIR}/copy"], capture_output=True, text=True)
    shutil.rmtree(f"{DIR}/copy")
    check(f"the state of {name} opens", out.returncode == 0, out.stderr)
    return {f"{key} of {name}": bytes.fromhex(value) for key, value in (line.split() for line in out.stdout.splitlines())}


one = daemon("one", "sealring-bootstrap-insecure", "--genesis", f"{DIR}/genesis.json", "--genesis-policy", f"{DIR}/policy.json")
check("a network", one.wait("msg=ready") == "msg=ready")
cid = re.findall(r"msg=ready cid=(\S+)", one.lines())[0]
two = daemon("two", "sealring-node-insecure", "--cid", cid, "--join", one.url())
check("a second node joins", two.wait("msg=ready") == "msg=ready")
net = ("--node", two.url(), "--cid", cid)
command("put", "put", *net, "--tenant", "demo", "--key", f"{DIR}/admin.key", "app/code", data=VALUE)
derived = command("derive", "fetch", "--platform", "insecure", *net, "demo:app/disk#raw:32")
check("a derived key is 32 bytes", len(derived) == 32)
got = command("fetch", "fetch", "--platform", "insecure", *net, "demo:app/code")
check("the value comes back", got == VALUE)

secrets = state_secrets("one") | state_secrets("two")
check("there are secrets to look for", len(secrets) == 20, sorted(secrets))
check("both hold the same master", secrets["master of one"] == secrets["master of two"])
for d in one, two:
    check("the master is in the daemon's memory: the search finds what there is",
          copies(d.process.pid, secrets["master of one"]) >= 1)
    for name, value in (("the stored value", VALUE), ("the derived key", derived)):
        check(f"{name} is not, once it has been released", copies(d.process.pid, value) == 0)
running = [said(d.process.pid) for d in (one, two)]
one.end("terminate"), two.end("terminate")
one = daemon("one", "sealring-node-insecure", "--cid", cid, run=2)
check("started again, it serves", one.wait("msg=ready") == "msg=ready")
running.append(said(one.process.pid))
one.end("terminate")

TRACES = {name[6:]: list(calls(f"{DIR}/{name}")) for name in sorted(os.listdir(DIR)) if name.startswith("trace.")}
check("everything was traced", len(TRACES) == 6 and all(len(t) > 50 for t in TRACES.values()), {n: len(t) for n, t in TRACES.items()})

# What has to pass somewhere: found there, and nowhere else.
for name in "one", "two":
    with open(f"{DIR}/{name}/state/insecure-key", "rb") as f:
        key = f.read()
    where = in_traces(key)
    check(f"the platform's key of {name} is written and read by {name} alone",
          set(where) and all(t.startswith(name + ".") for t in where)
          and all(h.startswith((b"read(", b"write(")) for hits in where.values() for h in hits), where)
    check("and stands in its own file alone", in_files(key) == [f"{name}/state/insecure-key"], in_files(key))
seed = re.search(rb"-----BEGIN PRIVATE KEY-----\s+(.*?)\s+-----", open(f"{DIR}/admin.key", "rb").read(), re.S)
seed = base64.b64decode(seed[1])[-32:]
where = in_traces(seed)
check("the tenant's key is read by put alone", list(where) == ["put"] and all(h.startswith(b"read(") for h in where["put"]), where)
check("and stands in its own file alone", in_files(seed) == ["admin.key"], in_files(seed))
where = in_traces(VALUE)
check("the value comes in on stdin and goes out on stdout, and is in no other call", sorted(where) == ["fetch", "put"]
      and all(h.startswith(b"read(0,") for h in where["put"]) and all(h.startswith(b"write(1,") for h in where["fetch"]), where)
where = in_traces(derived)
check("so does a derived key", list(where) == ["derive"] and all(h.startswith(b"write(1,") for h in where["derive"]), where)

born = [name for name, every in TRACES.items() for head, data in every if head.startswith(BORN) and secrets["master of one"] in data]
check("the master was drawn once, by the kernel's generator, in the bootstrap node", born == ["one.1"], born)
for name, value in {**secrets, "the stored value": VALUE, "the derived key": derived, "the tenant's key": seed}.items():
    if name in secrets:
        check(f"{name} is in no system call", not in_traces(value), in_traces(value))
    if value != seed:
        check(f"{name} is in no file", not in_files(value), in_files(value))
    needles = list(forms(value))
    check(f"{name} is in no command line or environment", not any(n in s for n in needles for s in running))
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
