#!/usr/bin/env python3
"""Writes the fuzz corpora of JOSE and KBS: tests/fuzz/corpus/fuzz_{jose,kbs}. The keys are those of tests/jose_keys.h."""
import base64
import json
import pathlib
import re

root = pathlib.Path(__file__).resolve().parents[2]
header = (root / "tests/jose_keys.h").read_text().replace("\\\n", " ")
words = {n: "".join(re.findall(r'"([^"]*)"', v)) for n, v in re.findall(r"#define (JWK_(?:EC_X|EC_Y|521_X|521_Y|RSA_N)) +(.*)", header)}
ec = {"kty": "EC", "crv": "P-256", "alg": "ECDH-ES+A256KW", "x": words["JWK_EC_X"], "y": words["JWK_EC_Y"]}
p521 = {"kty": "EC", "crv": "P-521", "alg": "ECDH-ES+A256KW", "x": words["JWK_521_X"], "y": words["JWK_521_Y"]}
rsa = {"kty": "RSA", "alg": "RSA-OAEP-256", "n": words["JWK_RSA_N"], "e": "AQAB"}
old = {**rsa, "alg": "RSA1_5"}


def b64(b):
    return base64.urlsafe_b64encode(b).rstrip(b"=").decode()


def token(header, payload, sig=bytes(64)):
    return ".".join(b64(x) for x in (json.dumps(header).encode(), json.dumps(payload).encode(), sig))


def write(target, rows):
    folder = root / "tests/fuzz/corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in rows.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())


write("fuzz_jose", {
    "ec": json.dumps(ec), "p521": json.dumps(p521), "rsa": json.dumps(rsa), "old": json.dumps(old), "oct": '{"kty":"oct","k":"AAAA"}',
    "off-curve": json.dumps({**ec, "y": ec["x"]}), "padded": json.dumps({**ec, "x": ec["x"] + "="}), "twice": '{"kty":"EC","kty":"RSA"}',
    "es256": token({"alg": "ES256", "kid": "a"}, {"exp": 1}), "eddsa": token({"alg": "EdDSA"}, {}), "none": token({"alg": "none"}, {}, b""),
    "crit": token({"alg": "ES256", "crit": ["b64"]}, {}), "own-key": token({"alg": "ES256", "jwk": ec}, {}), "parts": "a.b.c.d", "empty": "",
})
tcb = {"fmc": None, "bootloader": 1, "tee": 0, "snp": 2, "microcode": 255}
report = {"version": 3, "guest_svn": 0, "policy": 2**63 + 196608, "family_id": [0] * 16, "image_id": [0] * 16, "vmpl": 0, "sig_algo": 1, "current_tcb": tcb,
          "plat_info": 37, "key_info": 0, "report_data": [1] * 64, "measurement": [2] * 48, "host_data": [3] * 32, "id_key_digest": [0] * 48,
          "author_key_digest": [0] * 48, "report_id": [4] * 32, "report_id_ma": [255] * 32, "reported_tcb": tcb, "cpuid_fam_id": 25,
          "cpuid_mod_id": 160, "cpuid_step": None, "chip_id": [5] * 64, "committed_tcb": tcb, "current": {"major": 1, "minor": 55, "build": 40},
          "committed": {"major": 1, "minor": 55, "build": 40}, "launch_tcb": {**tcb, "fmc": 3}, "signature": {"r": [6] * 72, "s": [7] * 72}}
snp = {"attestation_report": report, "cert_chain": [{"cert_type": "VCEK", "data": [48, 1, 0]}, {"cert_type": "ARK", "data": [48, 0]},
                                                    {"cert_type": "CRL", "data": [1]}]}
nonce = "zJlyDpokGJscnca+s4xod1k8iQq8fiqSPT1Ag/xztAM="
init = {"format": "toml", "body": 'version = "0.1.0"\nalgorithm = "sha384"\n[data]\n"a" = "\\u00e9"\n'}


def attest(evidence, additional="", key=ec, **more):
    return json.dumps({"runtime-data": {"nonce": nonce, "tee-pubkey": key}, "tee-evidence": {
        "primary_evidence": evidence, "additional_evidence": additional}, **more})


quote = {"tpm_quote": {"signature": base64.b64encode(bytes.fromhex("0018000b0020") + bytes(32) + bytes.fromhex("0020") + bytes(32)).decode(),
                       "message": base64.b64encode(bytes.fromhex("ff544347801800220 00b".replace(" ", ""))).decode(), "pcrs": ["00" * 32] * 24},
         "ak_public": base64.b64encode(b"0Y0").decode()}


def lp(b):
    return len(b).to_bytes(4, "big") + b


attested = (bytes.fromhex("ff5443478018") + bytes.fromhex("0022000b") + bytes(32) + bytes.fromhex("0020") + bytes(32) + bytes(8 + 4 + 4) + b"\1" + bytes(8)
            + bytes.fromhex("00000001000b03ffffff0020") + bytes(32))
signature = bytes.fromhex("0018000b0020") + bytes(31) + b"\1" + bytes.fromhex("0020") + bytes(31) + b"\1"
coco = b"\1\1" + lp(b"cert") + lp(b"0Y0") + lp(attested) + lp(signature) + bytes(24 * 32)
write("fuzz_coco_tpm", {"ours": coco, "vendors": b"\1\2" + coco[2:], "short": coco[:-1], "long": coco + b"\0", "kind": b"\1\3" + coco[2:], "empty": b"",
                        "attest": attested})
compact = json.dumps(snp, separators=(",", ":"))
write("fuzz_kbs", {
    "request": 'q{"version":"0.4.0","tee":"snp","extra-params":{"supported-hash-algorithms":["sha384"]}}',
    "request-old": 'q{"version":"0.1.0","tee":"azsnpvtpm","extra-params":""}', "request-other": 'q{"version":"0.5.0","tee":"x","extra-params":0}',
    "a0": "0" + json.dumps({"tee-pubkey": old, "tee-evidence": '{"quote":"AAAA"}'}), "a1": "1" + json.dumps({"tee-pubkey": old, "tee-evidence": snp}),
    "a2": "2" + json.dumps({"tee-pubkey": ec, "tee-evidence": {"quote": "AAAA"}}),
    "a3": "3" + json.dumps({"tee-pubkey": p521, "tee-evidence": {"primary_evidence": {}, "additional_evidence": "{}"}}),
    "a4": "4" + attest({"cc_eventlog": None, "quote": "AAAA"}, **{"init-data": init}), "a4-snp": "4" + attest(snp, **{"init-data": None}),
    "a4-device": "4" + attest({}, '{"nvidia":{"device_evidence_list":[]}}'), "a4-rsa": "4" + attest({}, key=rsa), "a4-cut": "4" + attest(snp)[:300],
    "tpm": "e" + json.dumps(quote), "tpm-cert": "e" + json.dumps({**quote, "ak_cert": "AAAA"}),
    "tpm-chain": "e" + json.dumps({**quote, "ak_chain": ["AAAA", "AA=="]}), "snp": "e" + compact, "snp-short": "e" + compact.replace("[6,6,", "[6,"), "snp-long": "e" + compact.replace("[5,5,", "[5,5,5,"),
    "snp-big": "e" + compact.replace('"vmpl":0', '"vmpl":4294967296'), "init": "i" + init["body"], "init-none": "i[data]\n", "policy": 'p{"policy":"aGk"}', "empty": "",
})
