#!/usr/bin/env python3
"""at_terminal.py ANSWER COMMAND... - runs the command on a terminal of its own, types the answer when it asks for yes or no, prints
what stood on the terminal, and ends as the command does."""
import os
import pty
import sys


def main():
    answer, command = sys.argv[1], sys.argv[2:]
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    shown, typed = b"", False
    while True:
        try:
            piece = os.read(fd, 4096)
        except OSError: # the other end is closed
            break
        if not piece:
            break
        shown += piece
        if b"(yes or no)" in shown and not typed:
            os.write(fd, answer.encode() + b"\n")
            typed = True
    sys.stdout.write(shown.decode(errors="replace"))
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


main()
