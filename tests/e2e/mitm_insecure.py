"""mitm_insecure.py BUILD DIR URL_A CID_A URL_B CID_B - attacks between a joiner or a workload and a member, on real
processes over plain HTTP. Evidence of the insecure platform is bound to transcripts like any other, so that every check
but the TPM's is tried; mitm_tpm.sh does the main ones on TPMs. SEALRING_MITM_BITS: bits flipped of each message (6)."""
import os
import subprocess
import sys
import threading
import time

from mitm import Daemon, Drop, Proxy, drop, flip, on, post

BUILD, DIR, URL_A, CID_A, URL_B, CID_B = sys.argv[1:7]
BITS = int(os.environ.get("SEALRING_MITM_BITS", "6"))
passed = failed = count = 0


def check(what, good):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED:", what)


def node(folder, *flags, port=0):
    os.makedirs(folder, exist_ok=True)
    return Daemon([f"{BUILD}/sealring-node-insecure", "--platform", "insecure", "--state-dir", f"{folder}/state",
                   "--listen-plain", f"127.0.0.1:{port}", "--admin-socket", f"{folder}/admin", "--sync-seconds", "1",
                   *flags], f"{folder}/log")


def joiner(via, cid=CID_A):
    global count
    count += 1
    return node(f"{DIR}/j{count}", "--cid", cid, "--join", via)


def provisional(d):
    """It serves nobody: no challenge for a workload, no member list."""
    status, reason, _ = post(d.url(), "/sealring/v1/release/challenge", b"")
    return status == 503 and reason in ("not-ready", "provisional")


def join(rule, want, what, via=URL_A, cid=CID_A):
    """One join with somebody between. want: the reason that the joiner logs, several, or "ready"."""
    proxy = Proxy(via, rule)
    d = joiner(proxy.url, cid)
    word = d.wait("msg=join-failed", "msg=ready")
    got = "ready" if word == "msg=ready" else d.reason()
    good = got in ((want,) if isinstance(want, str) else want) if want else got not in (None, "ready", "none", "internal")
    check(f"{what}: {got}, not {want}", good)
    d.end()
    proxy.close()
    return proxy, got


def fetch(url, want="demo:app/secret", cid=CID_A):
    r = subprocess.run([f"{BUILD}/sealring-insecure", "fetch", "--platform", "insecure", "--node", url, "--cid", cid, want,
                        "--json"], capture_output=True, text=True)
    return r.returncode == 0, r.stdout


def release(rule, reason, what, want="demo:app/secret"):
    proxy = Proxy(URL_A, rule)
    good, out = fetch(proxy.url, want)
    proxy.close()
    if reason is None:
        check(f"{what}: {out[:200]}", not good and '"reason":"' in out and '"internal"' not in out)
    elif reason == "ok":
        check(f"{what}: {out[:200]}", good)
    else:
        check(f"{what}: {out[:200]}, not {reason}", not good and f'"reason":"{reason}"' in out)
    return proxy


def sampled(message, seed):
    """Bits spread over a message, other ones for each seed, its first and last among them."""
    total = len(message) * 8
    return sorted({0, total - 1, *((seed * 7919 + i * (total // BITS + 13)) % total for i in range(BITS))})


# ---- the untampered twin: everything that follows changes one thing of this ----
honest, _ = join(None, "ready", "an honest join through the proxy")
released = release(None, "ok", "an honest fetch through the proxy")
M, W = honest.seen, released.seen

# ---- bits, lengths ----
for i, name in enumerate(sorted(M)):
    for bit in sampled(M[name], i):
        join(on(name, flip(bit)), None, f"{name} bit {bit}")
    join(on(name, lambda b: b[:-1]), "malformed", f"{name} one byte short")
    join(on(name, lambda b: b + b"\0"), "too-large" if name == "M5" else "malformed", f"{name} one byte long")
for i, name in enumerate(sorted(W)):
    for bit in sampled(W[name], i):
        release(on(name, flip(bit)), None, f"{name} bit {bit}")
    release(on(name, lambda b: b[:-1]), "malformed", f"{name} one byte short")
    release(on(name, lambda b: b + b"\0"), "malformed", f"{name} one byte long")

# ---- by field, with its reason ----
join(on("M1", flip(8 * (len(M["M1"]) - 1))), "nonce-forged", "nJ changed on the way")
join(on("M2", flip(8 * (len(M["M2"]) - 1))), "nonce-forged", "the MAC of M2")
join(on("M3", flip(8 * (len(M["M3"]) - 1))), "signature", "sigJ")
join(on("M4", flip(8 * (len(M["M4"]) - 1))), "signature", "sigB")
join(on("M5", flip(8 * (len(M["M5"]) - 1))), "confirm-mac", "the MAC of M5")
join(on("M6", flip(8 * (len(M["M6"]) - 1))), "confirm-mac", "the MAC of M6")
release(on("W1", flip(8 * (len(W["W1"]) - 1))), "nonce-forged", "the MAC of W1")
release(on("W3", flip(8 * (len(W["W3"]) - 1))), "release-signature", "the signature of W3")


def other_path(body):
    return body.replace(b"app/secret", b"app/secreu")


release(on("W2", other_path), "report-data", "another key than attested")

# ---- messages of earlier sessions: of new ones, since those of the beginning may have expired by now ----
honest, _ = join(None, "ready", "another honest join")
M = honest.seen
check("M3 again", post(URL_A, "/sealring/v1/join/attest", M["M3"])[1] == "nonce-used")
status, _, again = post(URL_A, "/sealring/v1/join/confirm", M["M5"])
check("M5 again gives the M6 there was", status == 200 and again == M["M6"])
released = release(None, "ok", "another honest fetch")
W = released.seen
check("W2 again", post(URL_A, "/sealring/v1/release", W["W2"])[1] == "nonce-used")
release(on("W1", lambda _: W["W1"]), "nonce-used", "W1 of an earlier release")
release(on("W3", lambda _: W["W3"]), "release-signature", "W3 of an earlier release")
for name, want in (("M2", "nonce-forged"), ("M4", "session-unknown"), ("M6", "session-unknown")):
    join(on(name, lambda _, n=name: M[n]), want, f"{name} of an earlier join")

# ---- other places, other order ----
PLACES = ("join/challenge", "join/attest", "join/confirm", "release")
for name, home in (("M1", 0), ("M3", 1), ("M5", 2), ("W2", 3)):
    for i, place in enumerate(PLACES):
        if i != home:
            status, reason, _ = post(URL_A, f"/sealring/v1/{place}", {**M, **W}[name])
            check(f"{name} at {place}: {status} {reason}", 400 <= status < 500 and reason)
for name, reply in (("M1", "M2"), ("M3", "M4"), ("M5", "M6")):
    join(on(reply, lambda _, n=name: M[n]), "malformed", f"{name} reflected as {reply}")
fresh = Proxy(URL_A, on("M5", drop))
early = joiner(fresh.url)
early.wait("msg=join-failed")
check("M4 without M5 makes no member", early.reason() == "no-answer" and provisional(early))
check("and the masters it was granted serve nobody", provisional(early))
early.end()
fresh.close()

# ---- dropped: the next try succeeds; doubled: once is once ----
for name in sorted(M):
    dropped = [True]

    def once(leg, body, name=name):
        if leg == name and dropped:
            dropped.pop()
            raise Drop
        return body

    proxy = Proxy(URL_A, once)
    d = joiner(proxy.url)
    check(f"{name} dropped, tried again", d.wait("msg=ready"))
    d.end()
    proxy.close()
for name, second in (("M1", 200), ("M3", "nonce-used"), ("M5", 200)):
    proxy = Proxy(URL_A)
    proxy.twice = name
    d = joiner(proxy.url)
    check(f"{name} doubled", d.wait("msg=join-failed", "msg=ready") == "msg=ready")
    status, _, body = proxy.second
    check(f"{name} the second time: {status} {body[:80]}", status == second or f'"{second}"'.encode() in body)
    d.end()
    proxy.close()

# ---- once is once, for 64 at a time ----
for what, name, path in (("join", "M3", "join/attest"), ("release", "W2", "release")):
    kept = {}

    def keep(leg, body, name=name):
        if leg == name:
            kept[name] = body
            raise Drop
        return body

    proxy = Proxy(URL_A, keep)
    if what == "join":
        d = joiner(proxy.url)
        d.wait("msg=join-failed")
        d.end()
    else:
        fetch(proxy.url)
    proxy.close()
    answers = []
    start = threading.Barrier(64)

    def fire(message=kept[name], path=path):
        start.wait()
        answers.append(post(URL_A, f"/sealring/v1/{path}", message)[:2])

    threads = [threading.Thread(target=fire) for _ in range(64)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    good = [a for a in answers if a[0] == 200]
    rest = {a[1] for a in answers if a[0] != 200}
    check(f"one {what} challenge, 64 at a time: {len(good)} {rest}", len(good) == 1 and rest <= {"nonce-used", "busy"})

# ---- a second network of the same build with another master ----
join(None, "wrong-network", "another network's granter", via=URL_B)
cid_b = post(URL_B, "/sealring/v1/release/challenge", b"")[2][3:35]
cid_a = W["W1"][3:35]


def translated(leg, body):
    """To the joiner it is A, to the granter B."""
    if leg in ("M1", "M3"):
        return body.replace(cid_a, cid_b)
    return body.replace(cid_b, cid_a)


join(translated, "signature", "another network that is made to look like this one", via=URL_B)
join(lambda leg, b: b.replace(cid_b, cid_a) if leg == "M2" else b, "wrong-network", "its challenge translated alone",
     via=URL_B)
good, out = fetch(URL_B)
check(f"a workload at the other network: {out[:120]}", not good and '"reason":"genesis-mismatch"' in out)


class Half(Proxy):
    """A's record and B's keys."""

    def forward(self, method, path, kind, body):
        self.upstream = URL_B if path.startswith("/sealring/v1/release") else URL_A
        return super().forward(method, path, kind, body)


half = Half(URL_A)
good, out = fetch(half.url)
check(f"A's record and B's keys: {out[:120]}", not good and '"reason":"wrong-network"' in out)
half.rule = lambda leg, b: b.replace(cid_b, cid_a) if leg == "W1" else b
good, out = fetch(half.url)
check(f"the same, translated: {out[:120]}", not good and '"reason":"release-signature"' in out)
half.close()
for name, path in (("M3", "join/attest"), ("W2", "release")):
    status, reason, _ = post(URL_B, f"/sealring/v1/{path}", {**M, **W}[name])
    check(f"{name} of A at B: {reason}", reason in ("wrong-network", "nonce-forged"))

# ---- a restart between challenge and answer: what was asked before it counts no more ----
member = joiner(URL_A)
check("a second member to restart", member.wait("msg=ready"))
url, folder = member.url(), f"{DIR}/j{count}"


def holds_it():
    """Packages need a moment to pass on."""
    return any(fetch(url)[0] or time.sleep(0.1) for _ in range(100))


check("which has the secret", holds_it())
for how in ("kill", "terminate"):
    for name, want in (("M3", "nonce-forged"), ("M5", "session-unknown"), ("W2", "nonce-forged")):
        pending = [True]

        def restart(leg, body, name=name):
            global member
            if leg == name and pending:
                pending.pop()
                member.end(how)
                member = node(folder, "--cid", CID_A, port=int(url.rsplit(":", 1)[1]))
                member.wait("msg=ready")
            return body

        if name == "W2":
            proxy = Proxy(url, restart)
            good, out = fetch(proxy.url)
            check(f"{how} before {name}: {out[:120]}", not good and f'"reason":"{want}"' in out)
            check(f"{how} before {name}, again", fetch(proxy.url)[0])
        else:
            proxy = Proxy(url, restart)
            d = joiner(proxy.url)
            d.wait("msg=join-failed", "msg=ready")
            check(f"{how} before {name}: {d.reason()}", d.reason() == want)
            check(f"{how} before {name}, again", d.wait("msg=ready"))
            d.end()
        proxy.close()
member.end()
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
