#!/bin/sh
# door.sh - the HTTP front against clients of every kind, good, careless and hostile.
exec python3 tests/parts/door_clients.py "$1/tests/door_server"
