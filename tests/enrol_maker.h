#pragma once
/* enrol_maker.h - enrolment E1..E3 without a TPM: whoever includes this knows the enroller's key, and so the
 * secret that only the TPM with the right EK would learn. */
#include "proto/enrol.h"
#include "tests/evidence_maker.h"

enum { AT = 1767225600 /* when the certificates of tests/vectors/certs are valid */ };

static const struct key enrol_key = { { 9 } };
static const struct enrol_rand rnd = { { 8 } };

static inline void slurp(const char *name, struct buf *ret)
{
    char path[128];
    uint8_t bytes[8192];
    snprintf(path, sizeof path, "tests/vectors/certs/%s", name);
    FILE *f = fopen(path, "re");
    maker_need(f != NULL, path);
    wr_span(ret, (struct span){ bytes, fread(bytes, 1, sizeof bytes, f) });
    fclose(f);
}

struct bench {
    struct maker m;
    struct buf leaf, inter, root, ek, ak, e1, e2, e3;
    struct sha256 pin;
    struct enroller by;
    uint64_t asked; /* when E2 was made */
};

/* Template L-1 around a modulus. */
static inline void ek_public(struct span n, uint32_t attributes, struct buf *ret)
{
    static const uint8_t policy[32] = { 0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc,
                                        0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52,
                                        0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa };
    wr_u16be(ret, TPM_ALG_RSA);
    wr_u16be(ret, TPM_ALG_SHA256);
    wr_u32be(ret, attributes);
    maker_2b(ret, SPAN(policy));
    wr_u16be(ret, TPM_ALG_AES);
    wr_u16be(ret, 128);
    wr_u16be(ret, TPM_ALG_CFB);
    wr_u16be(ret, TPM_ALG_NULL);
    wr_u16be(ret, 2048);
    wr_u32be(ret, 0);
    maker_2b(ret, n);
}

static inline struct sha256 pin_of(struct span der)
{
    struct sha256 pin = { { 0 } };
    SR_OWN(cert) c = { 0 };
    maker_need(cert_read(der, &c, NULL) == SR_OK && cert_spki_hash(&c, &pin) == SR_OK, "pin");
    return pin;
}

/* A machine with the EK certificate of that name; attributes of its EK; its AK as b->m makes it. The enroller
 * is of that network, at that time. */
static inline void bench_request(struct bench *b, const char *leaf, uint32_t ek_attributes,
                                 const struct sha256 *network, time_t now)
{
    SR_OWN(buf) n = { 0 };
    slurp(leaf, &b->leaf);
    slurp("inter.der", &b->inter);
    slurp("root.der", &b->root);
    slurp("ek_rsa.n", &n);
    ek_public(buf_span(&n), ek_attributes, &b->ek);
    maker_public(&b->m, &b->ak);
    b->pin = pin_of(buf_span(&b->root));
    b->asked = (uint64_t)now;
    b->by = (struct enroller){
        .network = *network, .key = &enrol_key, .roots = &b->pin, .nroots = 1, .now = now
    };
    const struct enrol_request q = { .network = *network,
                                     .nonce.b = { 1 },
                                     .chain = { buf_span(&b->leaf), buf_span(&b->inter), buf_span(&b->root) },
                                     .n = 3,
                                     .ek = buf_span(&b->ek),
                                     .ak = buf_span(&b->ak) };
    maker_need(enrol_request_write(&q, &b->e1) == SR_OK, "E1");
}

static inline void bench_new(struct bench *b, const char *leaf, uint32_t ek_attributes,
                             uint32_t ak_attributes)
{
    *b = (struct bench){ 0 };
    maker_new(&b->m);
    b->m.attributes = ak_attributes;
    bench_request(b, leaf, ek_attributes, &(struct sha256){ .b = { 0xc1 } }, AT);
}

static inline void bench_drop(struct bench *b)
{
    struct buf *const all[] = { &b->leaf, &b->inter, &b->root, &b->ek, &b->ak, &b->e1, &b->e2, &b->e3 };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        buf_drop(all[i]);
    maker_drop(&b->m);
}

/* What the TPM would have found in the credential: specs/enrolment.md. */
static inline struct key secret_of(const struct bench *b)
{
    SR_OWN(buf) msg = { 0 };
    struct key k;
    struct hash512 h = hash512_start(L_ENROL_REQUEST);
    hash512_lp(&h, buf_span(&b->e1));
    struct sha512 d = hash512_end(&h);
    wr_span(&msg, SPAN(d.b));
    wr_u64be(&msg, b->asked);
    wr_span(&msg, SPAN(rnd.b));
    struct sha256 s = hmac_label(&enrol_key, L_ENROL_SECRET, buf_span(&msg));
    memcpy(k.b, s.b, sizeof k.b);
    return k;
}
