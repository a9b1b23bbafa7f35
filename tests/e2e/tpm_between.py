#!/usr/bin/env python3
"""tpm_between.py SOCKET TPM-SOCKET [--first COMMAND] [--hang FILE]

Sits between a program and its TPM: connections to SOCKET go on to TPM-SOCKET. COMMAND runs in a shell before
the first byte is passed on. While FILE exists, commands are taken and never answered, as by a TPM that hangs.
One connection at a time, as swtpm has it. Ends with SIGTERM."""
import argparse, os, select, socket, subprocess, sys

p = argparse.ArgumentParser()
p.add_argument("socket")
p.add_argument("tpm")
p.add_argument("--first")
p.add_argument("--hang")
a = p.parse_args()


def pump(near):
    far = socket.socket(socket.AF_UNIX)
    far.connect(a.tpm)
    with far:
        while True:
            hanging = a.hang and os.path.exists(a.hang)
            for s in select.select([near] if hanging else [near, far], [], [], 0.1)[0]:
                data = s.recv(8192)
                if not data:
                    return
                if s is near and a.first:
                    subprocess.run(a.first, shell=True, check=True)
                    a.first = None
                if s is near and a.hang and os.path.exists(a.hang):
                    continue
                (far if s is near else near).sendall(data)


listener = socket.socket(socket.AF_UNIX)
listener.bind(a.socket)
listener.listen(4)
while True:
    client, _ = listener.accept()
    with client:
        try:
            pump(client)
        except OSError as e:
            print("tpm_between:", e, file=sys.stderr)
