#!/usr/bin/env python3
"""Writes tests/unit/rows_pubkey.inc: signatures that others made. Needs python3 with the package cryptography."""
import pathlib
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

out = pathlib.Path(__file__).resolve().parents[2] / "tests/unit/rows_pubkey.inc"
MSG = b"signed by someone else"
H = {"HASH_SHA256": hashes.SHA256(), "HASH_SHA384": hashes.SHA384(), "HASH_SHA512": hashes.SHA512()}
with out.open("w") as f:
    f.write("/* Written by tests/vectors-src/pubkey.py. */\n")
    for curve, c, size in (("CURVE_P256", ec.SECP256R1(), 32), ("CURVE_P384", ec.SECP384R1(), 48)):
        k = ec.generate_private_key(c)
        p = k.public_key().public_numbers()
        for name, h in H.items():
            r, s = utils.decode_dss_signature(k.sign(MSG, ec.ECDSA(h)))
            f.write(f'EC({curve}, {name},\n' + ",\n".join(f'    "{v.to_bytes(size, "big").hex()}"' for v in (p.x, p.y, r, s)) + ")\n")
    k = rsa.generate_private_key(65537, 2048)
    n = k.public_key().public_numbers().n.to_bytes(256, "big").hex()
    f.write(f'MODULUS("{n}")\n')
    for name, h in H.items():
        for scheme, pad in (("PKCS1", padding.PKCS1v15()), ("PSS", padding.PSS(padding.MGF1(h), h.digest_size)),
                            ("PSS", padding.PSS(padding.MGF1(h), padding.PSS.MAX_LENGTH))):
            f.write(f'RSA_ROW(RSA_SCHEME_{scheme}, {name},\n    "{k.sign(MSG, pad, h).hex()}")\n')
