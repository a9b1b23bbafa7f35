#!/usr/bin/env python3
"""tpm_between.py SOCKET TPM-SOCKET [--first COMMAND] [--hang FILE]

Sits between a program and its TPM: connections to SOCKET go on to TPM-SOCKET. COMMAND runs in a shell before
the first byte is passed on. While FILE exists, commands are taken and never answered, as by a TPM that hangs.
One connection at a time, as swtpm has it. Ends with SIGTERM.

With --pty SOCKET is a link to a pseudo terminal, a character device as /dev/tpmrm0 is one; with --tcp it is a file
that gets the number of a TCP port."""
import argparse, os, select, socket, subprocess, sys, tty

p = argparse.ArgumentParser()
p.add_argument("socket")
p.add_argument("tpm")
p.add_argument("--first")
p.add_argument("--hang")
p.add_argument("--pty", action="store_true")
p.add_argument("--tcp", action="store_true")
a = p.parse_args()


class Device:
    """A pty's master as a socket."""

    def __init__(self, fd):
        self.fileno, self.recv, self.sendall = lambda: fd, lambda n: os.read(fd, n), lambda b: os.write(fd, b)


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


if a.pty:
    master, slave = os.openpty()
    tty.setraw(slave)
    os.symlink(os.ttyname(slave), a.socket)
    pump(Device(master))
if a.tcp:
    listener = socket.create_server(("127.0.0.1", 0))
    with open(a.socket + ".new", "w") as f:
        f.write(str(listener.getsockname()[1]))
    os.rename(a.socket + ".new", a.socket)
else:
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
