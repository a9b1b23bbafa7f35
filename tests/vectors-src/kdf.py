#!/usr/bin/env python3
"""Writes tests/unit/rows_kdf.inc: the TPM's key derivations, from the text of TPM 2.0 part 1, 11.4.10, by hashlib and
hmac, in as many blocks as it takes. Where python3's package cryptography is there, each row is compared with its
KBKDF in counter mode (SP 800-108) and its concatenation KDF (SP 800-56A): both are written by others, and
neither for TPMs. --check: compares with the file instead of writing it."""
import hashlib, hmac, pathlib, sys

root = pathlib.Path(__file__).resolve().parents[2]
HASHES = {"SHA256": hashlib.sha256, "SHA384": hashlib.sha384, "SHA512": hashlib.sha512}
try:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
    from cryptography.hazmat.primitives.kdf.kbkdf import CounterLocation, KBKDFHMAC, Mode
except ImportError:
    hashes = None


def kdfa(h, key, label, u, v, bits):
    out, i = b"", 1
    while len(out) * 8 < bits:
        out += hmac.new(key, i.to_bytes(4, "big") + label + b"\0" + u + v + bits.to_bytes(4, "big"), HASHES[h]).digest()
        i += 1
    out = out[:bits // 8]
    if hashes:
        other = KBKDFHMAC(getattr(hashes, h)(), Mode.CounterMode, bits // 8, 4, 4, CounterLocation.BeforeFixed, label, u + v, None)
        assert other.derive(key) == out
    return out


def kdfe(h, z, label, u, v, bits):
    out, i = b"", 1
    while len(out) * 8 < bits:
        out += HASHES[h](i.to_bytes(4, "big") + z + label + b"\0" + u + v).digest()
        i += 1
    out = out[:bits // 8]
    if hashes:
        assert ConcatKDFHash(getattr(hashes, h)(), bits // 8, label + b"\0" + u + v).derive(z) == out
    return out


def seq(start, n):
    return bytes((start + 7 * i) & 0xff for i in range(n))


rows = []
for h, size in (("SHA256", 32), ("SHA384", 48), ("SHA512", 64)):
    name = (0x0b + ["SHA256", "SHA384", "SHA512"].index(h)).to_bytes(2, "big") + seq(0x90, size)
    for label, u, v, bits in (
            ("STORAGE", name, b"", 128), ("STORAGE", name, b"", 256), ("INTEGRITY", b"", b"", size * 8),
            ("IDENTITY", seq(1, 16), seq(2, 16), size * 8), ("CFB", seq(3, 32), seq(4, 1), 8), ("", b"", b"", 128),
            ("ATH", b"", seq(5, 20), 160)):
        for key in (seq(0x10, size), seq(0x20, 16), seq(0x30, 200)):
            rows.append(("tpm_kdfa", h, key, label, u, v, bits))
for h, size, field in (("SHA256", 32, 32), ("SHA384", 48, 48), ("SHA512", 64, 48)):
    zero = bytes(2) + seq(0x40, field - 2)  # a coordinate as long as the field, its leading zeros kept
    for label, z, u, v, bits in (
            ("IDENTITY", seq(0x50, field), seq(0x60, field), seq(0x70, field), size * 8),
            ("IDENTITY", zero, seq(0x60, field), seq(0x70, field), size * 8),
            ("IDENTITY", seq(0x50, field), zero, zero, size * 8),
            ("DUPLICATE", seq(0x51, field), seq(0x61, field), seq(0x71, field), 128),
            ("SECRET", seq(0x52, field), b"", b"", 8)):
        rows.append(("tpm_kdfe", h, z, label, u, v, bits))

text = "/* Written by tests/vectors-src/kdf.py. function, hash, key or Z, label, PartyU, PartyV, bits, result. */\n"
for f, h, key, label, u, v, bits in rows:
    out = (kdfa if f == "tpm_kdfa" else kdfe)(h, key, label.encode(), u, v, bits)
    text += f'{{ {f}, HASH_{h}, "{key.hex()}",\n  "{label}", "{u.hex()}",\n  "{v.hex()}", {bits},\n  "{out.hex()}" }},\n'
file = root / "tests/unit/rows_kdf.inc"
if "--check" in sys.argv:
    sys.exit(file.read_text() != text)
file.write_text(text)
print(len(rows), "rows,", "compared with the package cryptography" if hashes else "not compared: no package cryptography")
