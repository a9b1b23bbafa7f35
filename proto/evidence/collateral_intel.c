/* collateral_intel.c - Intel's signed JSON: the signature covers the bytes of the inner object as they stand.
 */
#include "crypto/text.h"
#include "proto/evidence/collateral_parts.h"
#include "proto/json.h"

#include <stdlib.h>
#include <string.h>

struct envelope {
    struct span object;
    uint8_t signature[64]; /* r, s */
};

static enum sr_err read_envelope(struct span file, const char *member, struct envelope *ret)
{
    SR_OWN(json_doc) doc = { 0 };
    SR_TRY(json_member_bytes(file, member, &ret->object, NULL));
    SR_TRY(json_parse(file, &doc, NULL));
    struct span hex = json_str(json_get(json_root(&doc), "signature"));
    return hex_read(hex, ret->signature, sizeof ret->signature);
}

static enum sr_err verify(const struct envelope *e, const struct coll_cert *signer, struct sr_why *why)
{
    SR_OWN(pubkey) key = { 0 };
    if (signer->standing.verdict != SR_OK) {
        *why = signer->standing.why;
        return signer->standing.verdict;
    }
    if (cert_pubkey(&signer->cert, &key, why) == SR_OK &&
        pubkey_verify_ecdsa(&key, HASH_SHA256, e->object, (struct span){ e->signature, 32 },
                            (struct span){ e->signature + 32, 32 }) == SR_OK)
        return SR_OK;
    return sr_fail(why, SR_EPROOF, R_COLLATERAL_SIGNATURE, "signed document: the signature");
}

static bool is_wider(struct validity a, struct validity b)
{
    return a.until - a.from > b.until - b.from;
}

/* The signing certificate was renewed with the same key: of two that fit the one that is good longer counts.
 */
static struct standing standing_of(const struct collateral *c, const struct envelope *e,
                                   struct validity valid)
{
    struct standing best = { 0 };
    best.verdict =
        sr_fail(&best.why, SR_EPROOF, R_COLLATERAL_MISSING, "signed document: no signing certificate");
    for (size_t i = 0; i < c->ncert; i++) {
        const struct coll_cert *signer = &c->cert[i];
        if (signer->role != ROLE_INTEL_SIGNER)
            continue;
        struct standing s = { .anchor = signer->standing.anchor };
        s.verdict = verify(e, signer, &s.why);
        s.valid = validity_both(valid, signer->standing.valid);
        if (best.verdict != SR_OK || (s.verdict == SR_OK && is_wider(s.valid, best.valid)))
            best = s;
    }
    return best;
}

static enum sr_err put_tcb(struct collateral *c, struct span file, const struct envelope *e,
                           struct sr_why *why)
{
    if (c->ntcb == COLLATERAL_TCB_MAX)
        return sr_fail(why, SR_ETOOBIG, R_TOO_LARGE, "collateral: more than %d TCB infos",
                       COLLATERAL_TCB_MAX);
    struct coll_tcb *t = calloc(1, sizeof *t);
    if (!t)
        return SR_ENOMEM;
    enum sr_err read = tcb_info_read(e->object, &t->info, &c->malformed);
    if (read != SR_OK) {
        free(t);
        return read;
    }
    t->file = sha256(file);
    t->standing = standing_of(c, e, t->info.valid);
    c->tcb[c->ntcb++] = t;
    return SR_OK;
}

static enum sr_err put_qe(struct collateral *c, struct span file, const struct envelope *e,
                          struct sr_why *why)
{
    if (c->nqe == COLLATERAL_QE_MAX)
        return sr_fail(why, SR_ETOOBIG, R_TOO_LARGE, "collateral: more than %d QE identities",
                       COLLATERAL_QE_MAX);
    struct coll_qe *q = calloc(1, sizeof *q);
    if (!q)
        return SR_ENOMEM;
    enum sr_err read = qe_identity_read(e->object, &q->id, &c->malformed);
    if (read != SR_OK) {
        free(q);
        return read;
    }
    q->file = sha256(file);
    q->standing = standing_of(c, e, q->id.valid);
    c->qe[c->nqe++] = q;
    return SR_OK;
}

enum sr_err collateral_put_document(struct collateral *c, struct span file, struct sr_why *why)
{
    struct envelope e;
    if (read_envelope(file, "tcbInfo", &e) == SR_OK)
        return put_tcb(c, file, &e, why);
    if (read_envelope(file, "enclaveIdentity", &e) == SR_OK)
        return put_qe(c, file, &e, why);
    return SR_EFORMAT;
}

/* The one that is missing may be the one that could not be read. */
static enum sr_err none(const struct collateral *c, const char *what, struct sr_why *why)
{
    if (!c || c->malformed.reason == R_NONE)
        return sr_fail(why, SR_EPROOF, R_COLLATERAL_MISSING, "%s", what);
    if (why)
        *why = c->malformed;
    return SR_EPROOF;
}

/* Keeps the first refusal that is better than none, so that the operator learns what is wrong with the one
 * document there is. */
static enum sr_err pick(const struct standing *s, const struct pins *roots, time_t now, bool newer,
                        enum sr_err so_far, struct sr_why *why, bool *ret_take)
{
    struct sr_why one = { 0 };
    enum sr_err e = standing_check(s, roots, now, R_COLLATERAL_TIME, &one);
    *ret_take = e == SR_OK && (so_far != SR_OK || newer);
    if (so_far == SR_OK)
        return SR_OK;
    if (why)
        *why = one;
    return e;
}

enum sr_err collateral_tcb(const struct collateral *c, enum intel_tee tee, const uint8_t fmspc[6],
                           const uint8_t pceid[2], const struct pins *roots, time_t now,
                           const struct tcb_info **ret, struct sr_why *why)
{
    const struct tcb_info *best = NULL;
    enum sr_err verdict = none(c, "no TCB info for this platform", why);
    for (size_t i = 0; c && i < c->ntcb; i++) {
        const struct tcb_info *t = &c->tcb[i]->info;
        bool take;
        if (t->tee != tee || memcmp(t->fmspc, fmspc, 6) != 0 || memcmp(t->pceid, pceid, 2) != 0)
            continue;
        verdict = pick(&c->tcb[i]->standing, roots, now, best && t->eval > best->eval, verdict, why, &take);
        best = take ? t : best;
    }
    *ret = best;
    return verdict;
}

enum sr_err collateral_qe(const struct collateral *c, enum qe_id id, const struct pins *roots, time_t now,
                          const struct qe_identity **ret, struct sr_why *why)
{
    const struct qe_identity *best = NULL;
    enum sr_err verdict = none(c, "no identity of the quoting enclave", why);
    for (size_t i = 0; c && i < c->nqe; i++) {
        const struct qe_identity *q = &c->qe[i]->id;
        bool take;
        if (q->id != id)
            continue;
        verdict = pick(&c->qe[i]->standing, roots, now, best && q->eval > best->eval, verdict, why, &take);
        best = take ? q : best;
    }
    *ret = best;
    return verdict;
}
