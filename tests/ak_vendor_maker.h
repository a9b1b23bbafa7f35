#pragma once
/* ak_vendor_maker.h - a maker of TPMs of our own, which certifies the AK of a machine of the laboratory. */
#include "tests/evidence_maker.h"
#include "tests/vendor_maker.h"

/* The chain of the machine's AK, to be shown instead of a certificate of the network. Returns what a policy
 * names of its root: SHA-256 of the SubjectPublicKeyInfo. The chain must live as long as the machine. */
static inline struct sha256 ak_vendor_chain(struct maker *m, struct buf *chain)
{
    SR_OWN(buf) leaf = { 0 };
    SR_OWN(buf) root = { 0 };
    EVP_PKEY *ca = make_key("P-256");
    struct made_spec s = { .cn = "maker",
                           .issuer = "maker",
                           .key = ca,
                           .issuer_key = ca,
                           .ca = true,
                           .pathlen = -1,
                           .usage = KU_KEY_CERT_SIGN,
                           .serial = 1,
                           .from = MAKER_NOW - 100,
                           .until = MAKER_NOW + 100 };
    unsigned char *spki = NULL;
    int n = i2d_PUBKEY(ca, &spki);
    MUST(n > 0);
    struct sha256 hash = sha256((struct span){ spki, (size_t)n });
    OPENSSL_free(spki);
    make_cert(&s, &root);
    s.cn = "machine";
    s.key = m->key;
    s.ca = false;
    s.usage = KU_DIGITAL_SIGNATURE;
    make_cert(&s, &leaf);
    EVP_PKEY_free(ca);
    wr_u8(chain, 2);
    wr_lp(chain, buf_span(&leaf));
    wr_lp(chain, buf_span(&root));
    m->chain = chain;
    return hash;
}
