"""mitm_tpm.py RUN.JSON plain|bound - a joiner and a workload on TPMs with somebody between."""
import json
import shutil
import subprocess
import sys

from mitm import Daemon, Proxy, flip, on, post

RUN = json.load(open(sys.argv[1]))
NET, BIN = RUN["net"], RUN["bin"]
passed = failed = 0


def check(what, good):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED:", what)


def joiner(via):
    """Machine `two` from the beginning: what it kept of the try before is gone, its TPM and event log stay."""
    two = f"{NET}/two"
    shutil.rmtree(f"{two}/state", ignore_errors=True)
    flags = ["--state-dir", f"{two}/state", "--listen-plain", "127.0.0.1:0", "--admin-socket", f"{two}/admin", "--tcti",
             RUN["tcti"], "--event-log", f"{two}/event-log", "--ek-chain", RUN["chain"], "--sync-seconds", "60", "--cid",
             RUN["cid"], "--join", via]
    return Daemon([f"{BIN}/sealring-launch", "--tcti", RUN["tcti"], "--event-log", f"{two}/event-log", "--config-digest",
                   RUN["config"], "--", f"{BIN}/sealring-node", *flags], f"{two}/log")


def join(rule, want, what, to=RUN["plain"], tls=None):
    proxy = Proxy(to, rule, tls)
    d = joiner(proxy.url)
    word = d.wait("msg=join-failed", "msg=ready")
    got = "ready" if word == "msg=ready" else d.reason()
    check(f"{what}: {got}, not {want}: {d.lines()[-300:]}", got == want)
    d.end()
    proxy.close()
    return proxy.seen


def fetch(rule, want, what, to=RUN["plain"], tls=None):
    proxy = Proxy(to, rule, tls)
    work = f"{NET}/workload"
    r = subprocess.run([f"{BIN}/sealring-launch", "--tcti", RUN["workload"], "--event-log", f"{work}/event-log", "--",
                        f"{BIN}/sealring", "fetch", "--node", proxy.url, "--cid", RUN["cid"], "--tcti", RUN["workload"],
                        "--event-log", f"{work}/event-log", "--ek-chain", RUN["chain"], "--ak-cert", f"{work}/ak.cert",
                        "--json", "demo:app/secret"], capture_output=True, text=True, timeout=120)
    got = '"value":"dmFsdWU="' in r.stdout
    if want == "ok":
        check(f"{what}: {r.stdout[-200:]} {r.stderr[-200:]}", r.returncode == 0 and got)
    else:
        check(f"{what}: {r.stdout[-200:]}", r.returncode != 0 and not got and f'"reason":"{want}"' in r.stdout)
    proxy.close()
    return proxy.seen


def last(body):
    return flip(8 * (len(body) - 1))(body)


def middle(body):
    return flip(4 * len(body))(body)


def plain():
    seen = join(None, "ready", "an honest join through the proxy")
    check("M3 again", post(RUN["plain"], "/sealring/v1/join/attest", seen["M3"])[1] == "nonce-used")
    join(on("M1", last), "nonce-forged", "M1 changed")
    join(on("M2", last), "nonce-forged", "M2 changed")
    join(on("M3", last), "signature", "M3's signature changed")
    join(on("M3", middle), "signature", "M3's evidence changed")
    join(on("M4", last), "signature", "M4 changed")
    join(on("M4", lambda _: seen["M4"]), "session-unknown", "M4 of an earlier join")
    join(on("M5", last), "confirm-mac", "M5 changed")
    join(on("M6", last), "confirm-mac", "M6 changed")
    got = fetch(None, "ok", "an honest fetch through the proxy")
    check("W2 again", post(RUN["plain"], "/sealring/v1/release", got["W2"])[1] == "nonce-used")
    fetch(on("W1", last), "nonce-forged", "W1 changed")
    fetch(on("W2", lambda b: b.replace(b"app/secret", b"app/secreu")), "report-data", "another key than attested")
    fetch(on("W3", last), "release-signature", "W3 changed")
    fetch(on("W3", lambda _: got["W3"]), "release-signature", "W3 of an earlier release")


def bound():
    tls = (f"{NET}/mitm/tls.crt", f"{NET}/mitm/tls.key")
    join(None, "channel-binding", "a proxy without TLS", to=RUN["plain"])
    join(None, "signature", "a proxy that ends TLS", to=RUN["tls"], tls=tls)
    fetch(None, "channel-binding", "a fetch without TLS", to=RUN["plain"])
    fetch(None, "report-data", "a fetch through a proxy that ends TLS", to=RUN["tls"], tls=tls)
    d = joiner(RUN["tls"])
    check("without the proxy", d.wait("msg=join-failed", "msg=ready") == "msg=ready")
    d.end()


{"plain": plain, "bound": bound}[sys.argv[2]]()
print(f"{passed} passed, {failed} failed")
