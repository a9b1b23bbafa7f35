#!/usr/bin/env python3
"""A stand-in for a PCCS and a KDS, which does what the file DIR/manner says at each request: the name of a set of
routes (old, new, other) and a manner. Prints its port; what it was asked is in DIR/asked.

    right          answers
    missing        404
    error          500
    redirect       302 to where the right answer is
    slow           a byte a second
    cut            half the body, then the end
    huge           a body without end
    garbage        a page instead of a document
    chainless      without the chain's header
"""
import http.server
import pathlib
import sys
import time
import urllib.parse

top = pathlib.Path(sys.argv[1])


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def plain(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        routes, manner = (top / "manner").read_text().split()
        with open(top / "asked", "a") as asked:
            asked.write(self.path + "\n")
        path = self.path.removeprefix("/moved")
        row = next((r for r in (top / f"{routes}.routes").read_text().splitlines() if r.split()[0] == path), None)
        if manner == "missing" or not row:
            return self.plain(404)
        if manner == "error":
            return self.plain(500)
        if manner == "redirect" and path == self.path:
            return self.plain(302, Location=f"http://127.0.0.1:{self.server.server_port}/moved{path}")
        _, header, body, chain = row.split()
        self.answer(manner, header, (top / body).read_bytes(), chain)

    def answer(self, manner, header, body, chain):
        if manner == "garbage":
            body = b"<html>we are busy</html>"
        self.send_response(200)
        if header != "-" and manner != "chainless":
            self.send_header(header, urllib.parse.quote((top / chain).read_text(), safe=""))
        self.send_header("Content-Length", str(len(body) if manner != "huge" else 1 << 40))
        self.end_headers()
        try:
            if manner == "slow":
                for at in range(len(body)):
                    self.wfile.write(body[at : at + 1])
                    time.sleep(1)
            elif manner == "huge":
                for _ in range(1 << 16):
                    self.wfile.write(b"0" * 65536)
            else:
                self.wfile.write(body[: len(body) // 2] if manner == "cut" else body)
        except OSError:
            pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_port, flush=True)
server.serve_forever()
