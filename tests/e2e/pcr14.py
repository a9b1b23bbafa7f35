#!/usr/bin/env python3
"""pcr14.py PROGRAM: PCR 14 after a launch of it with no configuration."""
import hashlib
import sys

from launch_events import launch

pcr = bytes(32)
for e in launch(sys.argv[1]):
    pcr = hashlib.sha256(pcr + e.digest()).digest()
print(pcr.hex())
