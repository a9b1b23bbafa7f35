"""openapi.py record DIR NAME...   proxies in front of members: ports in DIR/NAME.port, members' URLs read from DIR/NAME.upstream,
                                 every exchange a line of DIR/exchanges
   openapi.py check DIR ADMIN    asks for what nobody asked for (DIR/one.upstream; ADMIN: its Unix socket), good and bad, then
                                 holds every exchange to specs/openapi.yaml: the route, its status, its content type, its JSON
                                 with no member more or less, its reason; and the file to the exchanges: nothing of it untried"""
import base64
import http.client
import json
import re
import signal
import socket
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEPT = ("content-type", "authorization")


def send(connection, method, target, headers, body):
    connection.request(method, target, body or None, headers)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, answer.getheader("content-type"), data


def exchange(method, target, status, kind, answer, asked=b"", headers=()):
    return {"method": method, "target": target, "status": status, "type": kind, "answer": base64.b64encode(answer).decode(),
            "asked": base64.b64encode(asked).decode(), "headers": dict(headers)}


def record(folder, names):
    lock = threading.Lock()
    out = open(f"{folder}/exchanges", "a", buffering=1)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def serve(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {k: self.headers[k] for k in KEPT if self.headers[k]}
            try:
                upstream = open(f"{folder}/{self.server.member}.upstream").read().strip().split("//")[1]
                status, kind, answer = send(http.client.HTTPConnection(upstream, timeout=30), self.command, self.path, headers, body)
            except OSError:
                self.close_connection = True
                return
            with lock:
                print(json.dumps(exchange(self.command, self.path, status, kind, answer, body, headers)), file=out)
            self.send_response(status)
            if kind:
                self.send_header("content-type", kind)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_DELETE = serve

    for name in names:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.member, server.daemon_threads = name, True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with open(f"{folder}/{name}.port", "w") as f:
            f.write(str(server.server_address[1]))
    signal.sigwait({signal.SIGTERM})


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("local", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


passed = failed = 0


def check(what, good, more=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED:", what, more)


class Interface:
    """specs/openapi.yaml, every object closed: what it does not name may not be there."""

    def __init__(self, path):
        import yaml

        self.spec = yaml.safe_load(open(path))
        self.close(self.spec["components"]["schemas"])
        # What every route may answer: the words of the description at the top of the file.
        self.general = set(re.findall(r"`([a-z-]+)`", self.spec["info"]["description"])) | {"not-found"}
        self.operations = {(m.upper(), path): op for path, ops in self.spec["paths"].items() for m, op in ops.items() if m != "parameters"}

    def close(self, node):
        if isinstance(node, dict):
            if "properties" in node:
                node.setdefault("additionalProperties", False)
            for v in node.values():
                self.close(v)
        elif isinstance(node, list):
            for v in node:
                self.close(v)

    def find(self, method, target):
        path = target.split("?")[0]
        for (m, template), op in self.operations.items():
            pattern = re.sub(r"\{[a-z]+\}", "[^/]+", template)
            if template.endswith("/{index}"):
                pattern += "(/[^/]+)*"
            if m == method and re.fullmatch(pattern, path):
                return m, template
        return None

    def parameters(self, key):
        ops = self.spec["paths"][key[1]]
        return {p["name"] for p in ops.get("parameters", []) + self.operations[key].get("parameters", []) if p["in"] == "query"}

    def answers(self, key, status):
        responses = self.operations[key]["responses"]
        return responses.get(str(status)) or responses["default"]

    def errors(self, schema, value):
        import jsonschema

        return [f"{list(e.absolute_path)}: {e.message}"[:200] for e in
                jsonschema.Draft202012Validator({**schema, "components": self.spec["components"]}).iter_errors(value)]


def reason_of(body):
    """None: KBS, in words of the handler's own."""
    if "error" in body:
        return body["error"]["reason"]
    m = re.search(r": ([a-z0-9-]+) \(request [0-9a-f]{32}\)$", body["detail"])
    return m and m[1]


def by_guests(key):
    """What only guests with evidence and administrators with bearers are answered: e2e/kbs.py holds those."""
    return key[1].startswith("/kbs/") and key[1] not in ("/kbs/v0/jwks", "/kbs/v0/writer")


def hold(interface, x, seen, listed):
    key = interface.find(x["method"], x["target"])
    what = f'{x["method"]} {x["target"][:70]} {x["status"]}'
    body = base64.b64decode(x["answer"])
    error = "KbsError" if x["target"].startswith("/kbs/") else "Error"
    if not key:
        check(f"{what}: no route of that name, so it is refused", x["status"] in (404, 405))
    answer = interface.answers(key, x["status"]) if key else {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{error}"}}}}
    asked = set(urllib.parse.parse_qs(urllib.parse.urlsplit(x["target"]).query, keep_blank_values=True))
    check(f"{what}: its parameters are described", not key or asked <= interface.parameters(key), asked)
    kind = (x["type"] or "").split(";")[0]
    check(f"{what}: {kind} is described", kind in answer["content"], list(answer["content"]))
    schema = answer["content"].get(kind, {}).get("schema")
    if schema:
        check(f"{what}: as described", not interface.errors(schema, json.loads(body)), interface.errors(schema, json.loads(body)))
    if x["status"] != 200 and key and kind == "application/json":
        reason = reason_of(json.loads(body))
        words = set(answer["description"].split())
        check(f"{what}: {reason} is listed", reason is None or reason in words | interface.general or "evidence" in words)
        listed.setdefault(key, set()).add(reason)
    if key:
        seen.setdefault(key, set()).add(x["status"] == 200)


def ask(folder, admin, interface):
    """What clients do not ask for by themselves, and every route with what it must refuse."""
    upstream = open(f"{folder}/one.upstream").read().strip().split("//")[1]
    done = [json.loads(line) for line in open(f"{folder}/exchanges")]

    def direct(method, target, headers=None, body=b"", connection=None):
        status, kind, answer = send(connection or http.client.HTTPConnection(upstream, timeout=10), method, target, headers or {}, body)
        done.append(exchange(method, target, status, kind, answer))
        return status

    for target in ("/healthz", "/metrics", "/sealring/v1/status", "/sealring/v1/genesis", "/sealring/v1/epochs", "/sealring/v1/epoch", "/sealring/v1/epoch/members", "/sealring/v1/recovery", "/sealring/v1/members",
                   "/sealring/v1/policy", "/sealring/v1/policy?number=1", "/sealring/v1/policy?number=99", "/sealring/v1/release/challenge",
                   "/kbs/v0/jwks", "/kbs/v0/writer", "/sealring/v1/nothing", "/"):
        direct("GET", target)
    direct("POST", "/sealring/v1/release/challenge")
    direct("GET", "/sealring/v1/admin/status", connection=Unix(admin))
    direct("POST", "/sealring/v1/admin/reload", connection=Unix(admin))
    for verb in ("freeze", "thaw"):
        direct("POST", f"/sealring/v1/admin/{verb}", connection=Unix(admin))
    # An upgrade to what runs already, which policy lists, and to what it does not.
    code = json.loads(send(Unix(admin), "GET", "/sealring/v1/admin/status", {}, b"")[2])["measured"]["code"]
    for verb in ("foresee", "reseal"):
        for file in (code, "0" * 64, "none"):
            direct("POST", f"/sealring/v1/admin/{verb}", {"content-type": "application/json"}, json.dumps({"files": [file]}).encode(), Unix(admin))
    status, kind, answer = send(Unix(admin), "POST", "/sealring/v1/admin/backup", {}, b"")
    done.append(exchange("POST", "/sealring/v1/admin/backup", status, kind, answer))
    for file in (json.loads(answer).get("file"), "/nowhere", "/dev/null"):
        direct("POST", "/sealring/v1/admin/import", {"content-type": "application/json"}, json.dumps({"file": file}).encode(), Unix(admin))
    octets = {"content-type": "application/octet-stream"}
    for method, path in interface.operations:
        target = re.sub(r"\{[a-z]+\}", "0", path)
        check(f"another method on {path}", direct("DELETE", target) == (401 if ("DELETE", path) in interface.operations else 405))
        local = interface.operations[method, path]["x-access"] == "local"
        if local:
            check(f"{path} is not for the network", direct(method, target) in (403, 404))
        elif method == "POST":
            typed = "json" if "application/json" in json.dumps(interface.operations[method, path].get("requestBody", {})) else "octet-stream"
            kind = {"content-type": f"application/{typed}"}
            at = direct(method, target, kind, b"\xa5" * 16)
            check(f"bytes of no format for {path}: {at}", at in ((400, 401) if "requestBody" in interface.operations[method, path] else (413, 401)))
            check(f"too much for {path}", direct(method, target, kind, bytes(1 << 20)) in (413, 400, 401))
            check(f"a body of another kind for {path}", direct(method, target, {"content-type": "text/html"}, b"x") in (400, 415, 401, 413))
        elif interface.operations[method, path]["x-access"] == "signed":
            check(f"{path} without a signature", direct(method, target) == 401)
    direct("GET", "/sealring/v1/log/" + "0" * 32 + "/checkpoint")
    direct("GET", "/sealring/v1/log/" + "0" * 32 + "/tile/0/000")
    direct("GET", "/sealring/v1/public/none?path=a&kind=ed25519")
    direct("GET", "/sealring/v1/public/demo?path=a")
    # The other member's log, as anybody may submit it; and what is seen of it.
    other = open(f"{folder}/two.upstream").read().strip().split("//")[1]
    get = lambda path: send(http.client.HTTPConnection(other, timeout=10), "GET", path, {}, b"")[2]
    note = get(f"/sealring/v1/log/{json.loads(get('/sealring/v1/status'))['id']}/checkpoint")
    origin = note.split(b"\n")[0]
    for old in (b"0", b"1"):
        check("a checkpoint is cosigned, or is not from there", direct("POST", "/sealring/v1/witness/add-checkpoint", {}, b"old " + old +
                                                                        b"\n\n" + note) in (200, 409, 422))
    check("what is seen of a log", direct("POST", "/sealring/v1/witness/seen", octets, bytes(32) + len(origin).to_bytes(4, "big") + origin) == 200)
    # Signed requests of the run once more: each was good once.
    again = {(x["method"], x["target"].split("?")[0]): x for x in done if "authorization" in x["headers"] and x["status"] == 200}
    for x in again.values():
        at = direct(x["method"], x["target"], x["headers"], base64.b64decode(x["asked"]))
        check(f'{x["method"]} {x["target"][:40]} again', at in (200, 401, 403, 404, 409))
    # Joining and releasing with what was used.
    for path in ("/sealring/v1/join/attest", "/sealring/v1/join/confirm", "/sealring/v1/release", "/sealring/v1/enrol/certify"):
        for x in [x for x in done if x["target"] == path and x["status"] == 200][:1]:
            direct("POST", path, octets, base64.b64decode(x["asked"]))
    return done


def judge(folder, admin):
    interface = Interface("specs/openapi.yaml")
    done, seen, listed = ask(folder, admin, interface), {}, {}
    for x in done:
        hold(interface, x, seen, listed)
    status, kind, answer = send(Unix(admin), "POST", "/sealring/v1/admin/drain", {}, b"")
    hold(interface, exchange("POST", "/sealring/v1/admin/drain", status, kind, answer), seen, listed)
    for key in interface.operations:
        check(f"{key[0]} {key[1]} was answered", True in seen.get(key, ()) or by_guests(key))
        check(f"{key[0]} {key[1]} was refused to somebody", False in seen.get(key, ()) or key[0] == "GET" or key[1].endswith("release/challenge"),
              seen.get(key))
    # The check itself: what the file does not name is found.
    good = {"error": {"reason": "x", "request_id": "y"}}
    error = {"$ref": "#/components/schemas/Error"}
    check("an error is one", not interface.errors(error, good))
    check("with a member more it is none", interface.errors(error, {**good, "value": 1}))
    check("without its reason it is none", interface.errors(error, {"error": {"request_id": "y"}}))
    print(f"{len(done)} exchanges over {len(interface.operations)} operations", file=sys.stderr)
    print(f"{passed} passed, {failed} failed")


if __name__ == "__main__":
    if sys.argv[1] == "record":
        record(sys.argv[2], sys.argv[3:])
    else:
        judge(*sys.argv[2:4])
