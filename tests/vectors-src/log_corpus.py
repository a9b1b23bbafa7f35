#!/usr/bin/env python3
"""log_corpus.py - writes the seeds of fuzz_note, _tile, _leaf, _proof and _witness into tests/fuzz/corpus.

Good samples come from tests/vectors/log.h, which an independent implementation made; the bad ones are by hand.
"""
import pathlib
import re

root = pathlib.Path(__file__).resolve().parents[1]
text = (root / "vectors" / "log.h").read_text()


def put(target, name, data):
    (root / "fuzz" / "corpus" / target / name).write_bytes(data)


def string(name):
    raw = re.search(r'%s\[\] = "(.*)";' % name, text).group(1)
    return raw.replace("\\xe2\\x80\\x94", "\u2014").replace("\\n", "\n").encode()


note, proof = string("vec_note"), string("vec_proof")
put("fuzz_note", "note", note)
put("fuzz_note", "body", note[:note.index(b"\n\n") + 1])
put("fuzz_note", "cosigned", note + string("vec_cosignature"))
put("fuzz_note", "vkey", string("vec_log_vkey"))
put("fuzz_note", "crlf", note.replace(b"\n", b"\r\n"))
put("fuzz_note", "zeros", note.replace(b"\n1000\n", b"\n01000\n"))
put("fuzz_note", "many", note + note[note.index(b"\n\n") + 2:] * 17)
put("fuzz_proof", "proof", proof)
put("fuzz_proof", "extra", proof.replace(b"index", b"extra AAAA\nindex"))
put("fuzz_proof", "long", proof.replace(b"777\n", b"777\n" + b"A" * 43 + b"=\n" + (b"A" * 43 + b"=\n") * 50))
for i, m in enumerate(re.findall(r'\{ (\d+), (\d+), "([0-9a-f]*)" \}', text)):
    put("fuzz_proof", "raw%02d" % i, int(m[0]).to_bytes(8, "big") + int(m[1]).to_bytes(8, "big") + bytes(64)
        + bytes.fromhex(m[2]))
for i, path in enumerate(re.findall(r'"(tile/[^"]*)"', text)):
    put("fuzz_tile", "path%d" % i, path.encode())
put("fuzz_tile", "bundle", b"\0\3one\0\0\0\5three\0\1x")
put("fuzz_tile", "short", b"\xff\xff")
for name, data in re.findall(r'\{ "([a-z-]+)", "([0-9a-f]+)" \}', text):
    put("fuzz_leaf", name, bytes.fromhex(data))
put("fuzz_leaf", "keys", bytes.fromhex("0109") + bytes(8) + bytes(64) + b"\xff\xff")
request = string("vec_witness_request")
put("fuzz_witness", "request", request)
put("fuzz_witness", "first", b"old 0\n\n" + note)
put("fuzz_witness", "many", request.replace(b"old 300\n", b"old 300\n" + (b"A" * 43 + b"=\n") * 64))
put("fuzz_witness", "zeros", request.replace(b"old 300", b"old 0300"))
put("fuzz_witness", "answer", string("vec_cosignature"))
put("fuzz_witness", "size", b"20852163\n")
for name in ["question", "seen"]:
    put("fuzz_witness", name, bytes.fromhex(string("vec_witness_" + name).decode()))
