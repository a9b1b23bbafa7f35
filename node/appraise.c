#include "node/appraise.h"

#include "crypto/text.h"
#include "node/keyring.h"

#include <string.h>

struct pins appraise_roots(const struct genesis *g, struct span type)
{
    const struct type_roots *named = g ? genesis_roots(g, type) : NULL;
    return named ? (struct pins){ named->root, named->n } : (struct pins){ 0 };
}

enum sr_err appraise(const struct appraiser *by, struct span type, struct span evidence,
                     const struct sha512 *rd, struct appraisal *ret, struct sr_why *why)
{
    struct ak_trust trust = { .network = by->cid, .epoch = by->newest->epoch, .akca = by->newest->akca };
    trust.max_age = policy_ak_cert_max_age(by->policy);
    trust.vendor_roots = policy_vendor_ak_roots(by->policy, &trust.vendor_n);
    struct verify_in in = { .evidence = evidence,
                            .rd = *rd,
                            .now = by->now,
                            .ak = &trust,
                            .roots = appraise_roots(by->genesis, type),
                            .collateral = by->collateral };
    return verified_evidence(type, &in, &ret->verified, &ret->claims, why);
}

/* A claim in hex as the 32 bytes that a leaf has room for: those that it is, or the SHA-256 of as many as it
 * is (a measurement of SNP or TDX, a chip's or platform's id). */
static void hash_claim(const struct claims *c, const char *name, struct sha256 *ret)
{
    const struct claim *one = claims_find(c, span_of(name));
    uint8_t bytes[CLAIM_TEXT_SIZE / 2];
    size_t n = one && one->kind == CLAIM_TEXT ? strlen(one->text) / 2 : 0;
    if (n == 0 || hex_read(span_of(one->text), bytes, n) != SR_OK)
        return;
    if (n == sizeof ret->b)
        memcpy(ret->b, bytes, n);
    else
        *ret = sha256((struct span){ bytes, n });
}

void appraise_leaf(const struct keyring *k, const struct claims *c, struct leaf *leaf)
{
    struct sha256 ek = { 0 }, ak = { 0 };
    hash_claim(c, "hardware", &ek); /* a chip or platform; of TPM evidence there is none */
    hash_claim(c, "ek", &ek);
    hash_claim(c, "ak", &ak);
    hash_claim(c, "measurement", &leaf->measurement);
    leaf->hardware = keyring_leaf_id(k, LEAF_ID_HARDWARE, SPAN(ek.b));
    leaf->ak = keyring_leaf_id(k, LEAF_ID_AK, SPAN(ak.b));
}
