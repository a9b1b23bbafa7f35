"""challenges.py BUILD DIR URL CID PID - a flood of challenges for joins (M1) and releases (W1), from sixteen connections:
the member keeps nothing of any of them. SEALRING_CHALLENGES: how many (60000; the full setting is 1000000)."""
import http.client
import os
import re
import subprocess
import sys
import time

from mitm import Daemon, Proxy, send

BUILD, DIR, URL, CID, PID = sys.argv[1:6]
MANY = int(os.environ.get("SEALRING_CHALLENGES", "60000"))
SAMPLE = 5000
passed = failed = 0


def check(what, good):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED:", what)


def m1():
    """A joiner's own first message, kept by a proxy on its way."""
    proxy = Proxy(URL)
    os.makedirs(f"{DIR}/joiner")
    d = Daemon([f"{BUILD}/sealring-node-insecure", "--platform", "insecure", "--state-dir", f"{DIR}/joiner/state", "--listen-plain",
                "127.0.0.1:0", "--admin-socket", f"{DIR}/joiner/admin", "--cid", CID, "--join", proxy.url], f"{DIR}/joiner/log")
    check("a joiner joins", d.wait("msg=ready") == "msg=ready")
    d.end("terminate")
    proxy.close()
    return proxy.seen["M1"]


def resident():
    return int(re.search(r"VmRSS:\s*(\d+)", open(f"/proc/{PID}/status").read())[1])


def files():
    return len(os.listdir(f"/proc/{PID}/fd"))


def state():
    return sum(e.stat().st_size for e in os.scandir(f"{DIR}/../one/state"))


def flood(path, body, many):
    """Returns how many came back; every one of them was a 200."""
    script = f"{DIR}/{path.split('/')[3]}.lua"
    with open(script, "w") as f:
        f.write('wrk.method = "POST"\nwrk.headers["content-type"] = "application/octet-stream"\nwrk.body = "'
                + "".join(f"\\{b:03d}" for b in body) + '"\n')
    done = 0
    while done < many:
        out = subprocess.run(["wrk", "-t1", "-c16", "-d3s", "-s", script, URL + path], capture_output=True, text=True, check=True).stdout
        done += int(re.search(r"(\d+) requests in", out)[1])
        if "Non-2xx" in out or "Socket errors" in out:
            print(out)
            check(f"every {path} is answered", False)
            break
    return done


JOIN, RELEASE = "/sealring/v1/join/challenge", "/sealring/v1/release/challenge"
hello = m1()
for path, body in ((JOIN, hello), (RELEASE, b"")):
    connection, seen = http.client.HTTPConnection(URL.split("//")[1], timeout=10), set()
    for _ in range(SAMPLE):
        connection.request("POST", path, body, {"content-type": "application/octet-stream"})
        seen.add(connection.getresponse().read())
    connection.close()
    check(f"{SAMPLE} challenges of {path} are as many different ones", len(seen) == SAMPLE)

# What a first burst makes the allocator keep for its threads is not growth.
flood(JOIN, hello, 1), flood(RELEASE, b"", 1)
before, fds, size = resident(), files(), state()
n = flood(JOIN, hello, MANY // 2) + flood(RELEASE, b"", MANY // 2)
grown = resident() - before
print(f"{n} challenges: {grown} KiB more memory")
check(f"{n} challenges cost no memory: {grown} KiB", n >= MANY and grown < 1024)
for _ in range(100):  # what the flood's clients left is closed when the door comes round to it
    if files() <= fds + 16:
        break
    time.sleep(0.1)
check("nor files", files() <= fds + 16)
check("nor anything on the disk", state() <= size + 65536)
check("it serves on", send(URL, "GET", "/healthz", None, b"")[0] == 200)
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
