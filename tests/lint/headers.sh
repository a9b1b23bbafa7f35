#!/bin/sh
# headers.sh - every function of a header is explained: tests/lint/headers.py.
command -v ctags >/dev/null || { echo "skipped: no ctags"; exit 77; }
exec python3 tests/lint/headers.py
