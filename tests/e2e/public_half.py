#!/usr/bin/env python3
"""public_half.py KIND PRIVATE-FILE PUBLIC-HEX: does the public half belong to the private key? By openssl's command
line, which knows nothing of our code: the private bytes are wrapped in PKCS #8 or SEC 1 by hand."""
import subprocess, sys

kind, path, public = sys.argv[1:]
key = open(path, "rb").read()
heads = {  # DER in front of the private bytes
    "ed25519": "302e020100300506032b657004220420",
    "x25519": "302e020100300506032b656e04220420",
    "p256": "30310201010420",
    "secp256k1": "302e0201010420",
}
tails = {"ed25519": "", "x25519": "", "p256": "a00a06082a8648ce3d030107", "secp256k1": "a00706052b8104000a"}
der = bytes.fromhex(heads[kind]) + key + bytes.fromhex(tails[kind])
spki = subprocess.run(["openssl", "pkey", "-inform", "DER", "-pubout", "-outform", "DER"], input=der, capture_output=True, check=True).stdout
want = spki[-(32 if kind.endswith("25519") else 65):].hex()
sys.exit(0 if want == public else f"{want} is not {public}")
