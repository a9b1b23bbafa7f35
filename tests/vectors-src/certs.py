#!/usr/bin/env python3
"""Writes tests/vectors/certs/: certificates of a make-believe TPM vendor, good ones and one for each thing that can
be wrong, and the corpus of tests/fuzz/fuzz_cert.c. Needs python3 with the package cryptography (41 or later), whose
X.509 writer is not OpenSSL's, and the openssl command. Keys are new in every run: commit all files together."""
import datetime, hashlib, pathlib, subprocess, tempfile
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import NameOID, ObjectIdentifier as OID

root = pathlib.Path(__file__).resolve().parents[2]
out = root / "tests/vectors/certs"
corpus = root / "tests/fuzz/corpus/fuzz_cert"
for d in (out, corpus):
    d.mkdir(parents=True, exist_ok=True)
    for f in d.iterdir():
        if not f.name.startswith("swtpm_"):  # made once by swtpm_setup --create-ek-cert with a CA of its own
            f.unlink()

DAY = datetime.timedelta(days=1)
START, END = datetime.datetime(2024, 1, 1), datetime.datetime(2044, 1, 1)
FOREVER = datetime.datetime(9999, 12, 31, 23, 59, 59)
EK_EKU = OID("2.23.133.8.1")
serial = iter(range(1, 1000))


def name(cn):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)] if cn else [])


def usage(*on):
    all_ = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
            "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    return x509.KeyUsage(**{u: u in on for u in all_})


def san(*attributes):
    return x509.SubjectAlternativeName([x509.DirectoryName(x509.Name(
        [x509.NameAttribute(OID(o), v) for o, v in attributes]))])


TPM = (("2.23.133.2.1", "id:53455231"), ("2.23.133.2.2", "SR-TPM"), ("2.23.133.2.3", "id:00010002"))
CA = lambda pathlen=None: [(x509.BasicConstraints(True, pathlen), True), (usage("key_cert_sign", "crl_sign"), True)]
LEAF = (x509.BasicConstraints(False, None), True)
EKU = (x509.ExtendedKeyUsage([EK_EKU]), False)


def ek(use="key_encipherment", names=TPM, eku=EKU):
    return [LEAF, (usage(use), True)] + ([eku] if eku else []) + ([(san(*names), True)] if names else [])


def make(file, issuer, issuer_key, subject, key, extensions, start=START, end=END, digest=hashes.SHA256(), **kw):
    public = key if hasattr(key, "public_numbers") and not hasattr(key, "private_numbers") else key.public_key()
    b = (x509.CertificateBuilder().issuer_name(name(issuer)).subject_name(name(subject)).public_key(public)
         .serial_number(next(serial)).not_valid_before(start).not_valid_after(end))
    for e, critical in extensions:
        b = b.add_extension(e, critical)
    der = b.sign(issuer_key, digest, **kw).public_bytes(serialization.Encoding.DER)
    (out / f"{file}.der").write_bytes(der)
    return der


p256, p384 = lambda: ec.generate_private_key(ec.SECP256R1()), lambda: ec.generate_private_key(ec.SECP384R1())
rsa_key = lambda bits: rsa.generate_private_key(65537, bits)
root_key, fake_key, inter_key, sub_key, ek_ec, ak = p256(), p256(), p384(), p256(), p256(), p256()
ek_rsa, other_rsa, rsa_root = rsa_key(2048), rsa_key(2048), rsa_key(3072)
I = ("Test TPM Intermediate", inter_key)

root_der = make("root", "Test TPM Root", root_key, "Test TPM Root", root_key, CA())
make("root_fake", "Test TPM Root", fake_key, "Test TPM Root", fake_key, CA())
make("root_old", "Test TPM Root", root_key, "Test TPM Root", root_key, CA(), end=datetime.datetime(2025, 1, 1))
make("root_not_ca", "Test TPM Root", root_key, "Test TPM Root", root_key, [LEAF, (usage("key_cert_sign"), True)])
inter = make("inter", "Test TPM Root", root_key, I[0], inter_key, CA(0))
make("inter_fake", "Test TPM Root", fake_key, I[0], inter_key, CA(0))
make("inter_no_sign", "Test TPM Root", root_key, I[0], inter_key,
     [(x509.BasicConstraints(True, 0), True), (usage("digital_signature"), True)])
make("sub", *I, "Test Sub CA", sub_key, CA())
make("sub_not_ca", *I, "Test Sub CA", sub_key, [LEAF, (usage("key_cert_sign"), True)])
make("ek_rsa", *I, None, ek_rsa, ek(), end=FOREVER)
make("ek_ec", *I, None, ek_ec, ek("key_agreement"))
make("ak", *I, "Test AK", ak, [LEAF, (usage("digital_signature"), True)])
make("ek_fake", "Test TPM Intermediate", fake_key, None, ek_rsa, ek())
make("ek_deep", "Test Sub CA", sub_key, None, ek_rsa, ek())
make("ek_no_eku", *I, None, ek_rsa, ek(eku=None))
make("ek_other_eku", *I, None, ek_rsa, ek(eku=(x509.ExtendedKeyUsage([OID("2.23.133.8.2")]), False)))
make("ek_signs", *I, None, ek_rsa, ek("digital_signature"))
make("ek_ec_enciphers", *I, None, ek_ec, ek("key_encipherment"))
make("ek_no_usage", *I, None, ek_rsa, [LEAF, EKU, (san(*TPM), True)])
make("ek_ca", *I, None, ek_rsa, CA(0) + [EKU, (san(*TPM), True)])
make("ek_critical", *I, None, ek_rsa, ek() + [(x509.UnrecognizedExtension(OID("1.3.6.1.4.1.99999.1"), b"\x05\0"), True)])
make("ek_noncritical", *I, None, ek_rsa, ek() + [(x509.UnrecognizedExtension(OID("1.3.6.1.4.1.99999.1"), b"\x05\0"), False)])
make("ek_expired", *I, None, ek_rsa, ek(), end=datetime.datetime(2025, 1, 1))
make("ek_future", *I, None, ek_rsa, ek(), start=datetime.datetime(2027, 1, 1))
make("ek_ed25519", *I, None, ed25519.Ed25519PrivateKey.generate(), ek("key_agreement"))
make("ek_p521", *I, None, ec.generate_private_key(ec.SECP521R1()), ek("key_agreement"))
make("ek_names_missing", *I, None, ek_rsa, ek(names=None))
make("ek_names_two", *I, None, ek_rsa, ek(names=TPM[:2]))
make("ek_names_twice", *I, None, ek_rsa, ek(names=TPM + TPM[:1]))
make("ek_names_control", *I, None, ek_rsa, ek(names=TPM[:2] + (("2.23.133.2.3", "1\n2"),)))
make("ek_names_maker", *I, None, ek_rsa, ek(names=(("2.23.133.2.1", "id:5345523"),) + TPM[1:]))

# AMD's way: RSA with PSS above, P-384 below, no key usage.
make("pss_root", "Test Device Root", rsa_root, "Test Device Root", rsa_root, CA(), digest=hashes.SHA384(),
     rsa_padding=padding.PSS(padding.MGF1(hashes.SHA384()), 48))
make("pss_device", "Test Device Root", rsa_root, "Test Device", p384(), [], digest=hashes.SHA384(),
     rsa_padding=padding.PSS(padding.MGF1(hashes.SHA384()), 48))

# CVE-2017-15361: n = (k*M + 65537^a mod M) * (l*M + 65537^b mod M). Only the form matters here, not primality.
M = 1
for p in [p for p in range(2, 702) if all(p % q for q in range(2, p))]:
    M *= p
shape = lambda k, a: k * M + pow(65537, a, M)
k = (1 << 1023) // M
roca = next(n for i in range(1, 999) for n in [shape(k + k // 2 + i, 1234567 + i) * shape(k + k // 2 + 99 * i, 7654321)]
            if n.bit_length() == 2048 and n % 2)
make("ek_roca", *I, None, rsa.RSAPublicNumbers(65537, roca).public_key(), ek())
(out / "roca_modulus.bin").write_bytes(roca.to_bytes(256, "big"))


def patched(source, file, old, new):
    der = (out / f"{source}.der").read_bytes()
    assert der.count(old) == 1 and len(old) == len(new)
    (out / f"{file}.der").write_bytes(der.replace(old, new))


def openssl(*args, stdin=None):
    return subprocess.run(["openssl", *args], input=stdin, check=True, capture_output=True).stdout


# What the package refuses to make, the openssl command does.
with tempfile.TemporaryDirectory() as tmp:
    tmp = pathlib.Path(tmp)
    pem = lambda k: k.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                    serialization.NoEncryption())
    (tmp / "ca.key").write_bytes(pem(inter_key))
    (tmp / "ca.crt").write_bytes(x509.load_der_x509_certificate(inter).public_bytes(serialization.Encoding.PEM))
    (tmp / "ek.key").write_bytes(pem(ek_rsa))
    (tmp / "ext").write_text("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,keyEncipherment\n"
                             "extendedKeyUsage=2.23.133.8.1\n")
    (tmp / "ext_ec").write_text("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,keyAgreement\n"
                                "extendedKeyUsage=2.23.133.8.1\n")
    openssl("genrsa", "-out", str(tmp / "small.key"), "1024")
    openssl("ecparam", "-name", "prime256v1", "-param_enc", "explicit", "-genkey", "-noout", "-out", str(tmp / "explicit.key"))

    def sign(file, key, ext, *more):
        csr = openssl("req", "-new", "-key", str(tmp / key), "-subj", "/CN=x")
        (out / f"{file}.der").write_bytes(openssl("x509", "-req", "-CA", str(tmp / "ca.crt"), "-CAkey", str(tmp / "ca.key"),
            "-days", "3650", "-set_serial", str(next(serial)), "-outform", "DER", *ext, *more, stdin=csr))

    sign("ek_rsa1024", "small.key", ["-extfile", str(tmp / "ext")])
    sign("ek_explicit_curve", "explicit.key", ["-extfile", str(tmp / "ext_ec")])
    sign("ek_sha1", "ek.key", ["-extfile", str(tmp / "ext")], "-sha1")
    sign("ek_v1", "ek.key", [])

pem_of = lambda *files: b"".join(x509.load_der_x509_certificate((out / f"{f}.der").read_bytes()).public_bytes(
    serialization.Encoding.PEM) for f in files)
(out / "chain.pem").write_bytes(pem_of("inter", "root"))
n = ek_rsa.public_key().public_numbers().n.to_bytes(256, "big")
point = ek_ec.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
(out / "ek_rsa.n").write_bytes(n)
(out / "ek_ec.xy").write_bytes(point[1:])
spki = lambda k: hashlib.sha256(k.public_key().public_bytes(serialization.Encoding.DER,
                                serialization.PublicFormat.SubjectPublicKeyInfo)).digest()
(out / "spki.bin").write_bytes(spki(root_key) + spki(fake_key) + spki(inter_key) + spki(rsa_root))

for f in ("root", "ek_rsa", "ek_ec", "ek_critical", "ek_v1", "ek_roca", "pss_device", "ek_names_twice"):
    (corpus / f).write_bytes((out / f"{f}.der").read_bytes())
(corpus / "padded").write_bytes((out / "ek_ec.der").read_bytes() + b"\xff" * 40)
(corpus / "cut").write_bytes(root_der[:-1])
(corpus / "tail").write_bytes(root_der + b"\x00")
(corpus / "long").write_bytes(b"\x30\x82\xff\xff" + root_der[4:])
(corpus / "indefinite").write_bytes(b"\x30\x80" + root_der[4:] + b"\0\0")
(corpus / "empty").write_bytes(b"")
(corpus / "pem").write_bytes(pem_of("inter", "root"))
(corpus / "pem_text").write_bytes(b"subject=x\n" + pem_of("root"))
