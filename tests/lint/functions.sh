#!/bin/sh
# functions.sh - functions are short, flat and take little: tests/lint/functions.py.
command -v ctags >/dev/null || { echo "skipped: no ctags"; exit 77; }
exec python3 tests/lint/functions.py
