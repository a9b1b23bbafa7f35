#pragma once
/* evidence_maker.h - TPM evidence without a TPM: a software key signs quotes that say what a test wants. A
 * maker starts as an honest machine with a network's AK certificate; tests change fields, then make evidence.
 *
 *     struct maker m;
 *     maker_new(&m);                          honest; valid at MAKER_NOW
 *     maker_evidence(&m, &rd, &evidence);     appended
 *     struct ak_trust t = maker_trust(&m);    believes the maker's AK-CA
 *     maker_drop(&m);
 */
#include "proto/ak_cert.h"
#include "proto/evidence/event_log.h"
#include "proto/evidence/tpm_check.h"
#include "proto/evidence/tpm_evidence.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAKER_NOW = 1800000000 /* unix seconds */, MAKER_SELECTIONS = 3 };

struct maker {
    EVP_PKEY *key; /* the AK that signs quotes: P-256 */
    struct sign_key ca;
    struct sign_pub ca_pub;
    uint32_t attributes;     /* of the AK in the certificate */
    uint32_t hierarchy;      /* in the quote's signer */
    struct ak_cert cert;     /* without AK; signed by ca when nsig is 0, else taken as it is */
    const struct buf *chain; /* a vendor's certificates in its place: count, LP of each, the AK's first */
    struct event_log log;    /* PCR 14 follows from it when evidence is made, unless keep_pcr14 */
    int keep_pcr14;
    struct tpm_pcrs pcrs;
    /* the quote */
    uint32_t magic;
    uint16_t type, sig_alg, sig_hash;
    size_t nselection;
    struct tpm_selection selection[MAKER_SELECTIONS];
    const struct tpm_pcrs *shown; /* values in the envelope, when they are to differ from those quoted */
    const struct sha256 *nonce;   /* in place of the right one */
    EVP_PKEY *other_key;          /* signs in place of key */
    int no_signature;
};

static inline void maker_need(int cond, const char *what)
{
    if (!cond) {
        fprintf(stderr, "evidence_maker: %s\n", what);
        abort();
    }
}

static inline void maker_launch(struct maker *m, uint8_t code, const struct sha256 *config)
{
    m->log = (struct event_log){ .n = 2 };
    m->log.e[0] = (struct event){ .type = EVENT_CODE, .name = "program", .digest.b = { code } };
    m->log.e[1] = (struct event){ .type = EVENT_CONFIG, .name = "config" };
    if (config)
        m->log.e[1].digest = *config;
}

static inline void maker_new(struct maker *m)
{
    const struct key seed = { { 7 } };
    *m = (struct maker){ .key = EVP_EC_gen("P-256"),
                         .attributes = 0x00050472,
                         .hierarchy = TPM_RH_ENDORSEMENT,
                         .magic = 0xff544347,
                         .type = 0x8018,
                         .sig_alg = TPM_ALG_ECDSA,
                         .sig_hash = TPM_ALG_SHA256,
                         .nselection = 1 };
    sign_from_seed(&seed, &m->ca, &m->ca_pub);
    for (size_t i = 0; i < MAKER_SELECTIONS; i++)
        m->selection[i] = (struct tpm_selection){ TPM_ALG_SHA256, SPAN(tpm_selection_bitmap) };
    m->cert = (struct ak_cert){ .kind = AK_CERT_NETWORK,
                                .network.b = { 0xc1 },
                                .epoch = 3,
                                .ek.b = { 0xe1 },
                                .root.b = { 0xf1 },
                                .not_before = MAKER_NOW - 100,
                                .not_after = MAKER_NOW + 100 };
    m->pcrs.v[4].b[0] = m->pcrs.v[8].b[0] = 1;
    maker_launch(m, 0xab, NULL);
}

static inline void maker_drop(struct maker *m)
{
    EVP_PKEY_free(m->key);
    EVP_PKEY_free(m->other_key);
    *m = (struct maker){ 0 };
}

static inline struct ak_trust maker_trust(const struct maker *m)
{
    return (struct ak_trust){ .network.b = { 0xc1 }, .epoch = 3, .akca = m->ca_pub };
}

static inline void maker_2b(struct buf *b, struct span s)
{
    wr_u16be(b, (uint16_t)s.n);
    wr_span(b, s);
}

/* TPMT_PUBLIC of the AK. */
static inline void maker_public(const struct maker *m, struct buf *ret)
{
    uint8_t point[65];
    size_t n = 0;
    maker_need(EVP_PKEY_get_octet_string_param(m->key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &n) ==
                       1 &&
                   n == sizeof point,
               "public key");
    wr_u16be(ret, TPM_ALG_ECC);
    wr_u16be(ret, TPM_ALG_SHA256);
    wr_u32be(ret, m->attributes);
    wr_u16be(ret, 0);
    wr_u16be(ret, TPM_ALG_NULL);
    wr_u16be(ret, TPM_ALG_ECDSA);
    wr_u16be(ret, TPM_ALG_SHA256);
    wr_u16be(ret, TPM_CURVE_P256);
    wr_u16be(ret, TPM_ALG_NULL);
    maker_2b(ret, (struct span){ point + 1, 32 });
    maker_2b(ret, (struct span){ point + 33, 32 });
}

static inline void maker_name(struct span bytes, struct buf *ret)
{
    struct sha256 d = sha256(bytes);
    wr_u16be(ret, TPM_ALG_SHA256);
    wr_span(ret, SPAN(d.b));
}

/* The AK certificate. */
static inline void maker_cert(const struct maker *m, struct buf *ret)
{
    SR_OWN(buf) public = { 0 };
    struct ak_cert c = m->cert;
    maker_public(m, &public);
    c.ak = buf_span(&public);
    enum sr_err e = c.nsig ? ak_cert_write(&c, ret) : ak_cert_sign(&c, &m->ca, &m->ca_pub, ret);
    maker_need(e == SR_OK, "AK certificate");
}

static inline void maker_attest(const struct maker *m, const struct sha256 *nonce, struct buf *ret)
{
    SR_OWN(buf) public = { 0 };
    SR_OWN(buf) qualified = { 0 };
    SR_OWN(buf) name = { 0 };
    struct sha256 digest = sha256(SPAN(m->pcrs.v));
    maker_public(m, &public);
    wr_u32be(&qualified, m->hierarchy);
    maker_name(buf_span(&public), &qualified);
    maker_name(buf_span(&qualified), &name);
    wr_u32be(ret, m->magic);
    wr_u16be(ret, m->type);
    maker_2b(ret, buf_span(&name));
    maker_2b(ret, SPAN(nonce->b));
    wr_u64be(ret, 123456); /* clock */
    wr_u32be(ret, 5);      /* reset count */
    wr_u32be(ret, 0);
    wr_u8(ret, 1);
    wr_u64be(ret, 0x2019); /* firmware */
    wr_u32be(ret, (uint32_t)m->nselection);
    for (size_t i = 0; i < m->nselection; i++) {
        wr_u16be(ret, m->selection[i].hash);
        wr_u8(ret, (uint8_t)m->selection[i].bitmap.n);
        wr_span(ret, m->selection[i].bitmap);
    }
    maker_2b(ret, SPAN(digest.b));
}

static inline void maker_bn(struct buf *b, const BIGNUM *n)
{
    uint8_t room[32];
    maker_need(BN_bn2binpad(n, room, sizeof room) == sizeof room, "number");
    maker_2b(b, SPAN(room));
}

static inline void maker_sign(const struct maker *m, struct span attest, struct buf *ret)
{
    uint8_t der[128];
    size_t n = sizeof der;
    const uint8_t *p = der;
    if (m->no_signature)
        return;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    maker_need(EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, m->other_key ? m->other_key : m->key) == 1 &&
                   EVP_DigestSign(c, der, &n, attest.p, attest.n) == 1,
               "signature");
    EVP_MD_CTX_free(c);
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)n);
    wr_u16be(ret, m->sig_alg);
    wr_u16be(ret, m->sig_hash);
    maker_bn(ret, ECDSA_SIG_get0_r(sig));
    maker_bn(ret, ECDSA_SIG_get0_s(sig));
    ECDSA_SIG_free(sig);
}

/* Evidence over rd. Sets PCR 14 from the log first. */
static inline void maker_evidence(struct maker *m, const struct sha512 *rd, struct buf *ret)
{
    SR_OWN(buf) cert = { 0 };
    SR_OWN(buf) attest = { 0 };
    SR_OWN(buf) sig = { 0 };
    SR_OWN(buf) log = { 0 };
    struct sha256 nonce = evidence_nonce32(SPAN_STR("tpm"), rd);
    if (!m->keep_pcr14)
        maker_need(event_log_replay(&m->log, m->log.n, &m->log.start, &m->pcrs.v[TPM_SELECTED - 1]) == SR_OK,
                   "replay");
    maker_need(event_log_write(&m->log, &log) == SR_OK, "event log");
    maker_cert(m, &cert);
    maker_attest(m, m->nonce ? m->nonce : &nonce, &attest);
    maker_sign(m, buf_span(&attest), &sig);
    const struct tpm_evidence e = { m->chain ? TPM_CERT_X509 : TPM_CERT_OURS,
                                    buf_span(m->chain ? m->chain : &cert),
                                    buf_span(&attest),
                                    buf_span(&sig),
                                    m->shown ? *m->shown : m->pcrs,
                                    buf_span(&log) };
    maker_need(tpm_evidence_write(&e, ret) == SR_OK, "evidence");
}
