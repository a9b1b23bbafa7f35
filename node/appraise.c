#include "node/appraise.h"

#include "crypto/text.h"
#include "node/keyring.h"
#include "proto/evidence_parts.h"

#include <string.h>

enum sr_err appraise(const struct appraiser *by, struct span type, struct span evidence,
                     const struct sha512 *rd, struct appraisal *ret, struct sr_why *why)
{
    struct ak_trust trust = { .network = by->cid, .epoch = by->newest->epoch, .akca = by->newest->akca };
    const struct policy_aks aks = policy_aks(by->policy, &by->view);
    trust.max_age = aks.max_age;
    trust.vendor_roots = aks.roots;
    trust.vendor_n = aks.roots_n;
    struct verify_in in = {
        .evidence = evidence, .rd = *rd, .now = by->now, .ak = &trust, .collateral = by->collateral
    };
    evidence_set_roots(&in, type, genesis_pins, by->genesis);
    return verified_evidence(type, &in, &ret->verified, &ret->claims, why);
}

/* A claim in hex as the 32 bytes that a leaf has room for: those that it is, or the SHA-256 of as many as it
 * is (a measurement of SNP or TDX, a chip's or platform's id). Of evidence in parts, the first part's that
 * has it. */
static void hash_claim(const struct claims *c, const char *name, struct sha256 *ret)
{
    const struct claim *type = claims_find(c, SPAN_STR("type")), *one = NULL;
    struct evidence_parts all = evidence_parts(span_of(type ? type->text : ""));
    uint8_t bytes[CLAIM_TEXT_SIZE / 2];
    for (size_t i = 0; i < all.n && !one; i++)
        one = evidence_claim(c, &all.v[i], name);
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
    hash_claim(c, "ek", &ek);
    hash_claim(c, "hardware", &ek); /* a chip or platform; of TPM evidence there is none */
    hash_claim(c, "ak", &ak);
    hash_claim(c, "measurement", &leaf->measurement);
    leaf->hardware = keyring_leaf_id(k, LEAF_ID_HARDWARE, SPAN(ek.b));
    leaf->ak = keyring_leaf_id(k, LEAF_ID_AK, SPAN(ak.b));
}
