#include "proto/genesis.h"
#include "proto/evidence_parts.h"

#include "crypto/mode.h"
#include "crypto/text.h"
#include "proto/appraisal.h"

#include <string.h>

/* Of the bundle: without and with a recovery set. */
enum { BUNDLE_PLAIN = 1, BUNDLE_RECOVERY = 2 };

static enum sr_err wrong(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_GENESIS_FORMAT, "genesis: %s", what);
}

static enum sr_err mismatch(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EPROOF, R_GENESIS_MISMATCH, "genesis: %s", what);
}

enum sr_err genesis_encode(const struct genesis *g, struct buf *ret, struct sr_why *why)
{
    SR_OWN(buf) params = { 0 };
    if (g->first.epoch != 1)
        return wrong(why, "the first epoch is 1");
    SR_TRY(genesis_params_encode(&g->params, &params, why));
    wr_lp(ret, buf_span(&params));
    wr_span(ret, SPAN(g->first.commit.b));
    wr_span(ret, SPAN(g->first.release.b));
    wr_span(ret, SPAN(g->first.network.b));
    wr_span(ret, SPAN(g->first.akca.b));
    wr_span(ret, SPAN(g->first.member_ca.b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err genesis_decode(struct span record, struct genesis *ret, struct sr_why *why)
{
    struct genesis g = { .first.epoch = 1 };
    struct reader r = rd_init(record);
    struct span params = rd_lp(&r, GENESIS_PARAMS_MAX);
    rd_copy(&r, g.first.commit.b, sizeof g.first.commit.b);
    rd_copy(&r, g.first.release.b, sizeof g.first.release.b);
    rd_copy(&r, g.first.network.b, sizeof g.first.network.b);
    rd_copy(&r, g.first.akca.b, sizeof g.first.akca.b);
    rd_copy(&r, g.first.member_ca.b, sizeof g.first.member_ca.b);
    if (!rd_end(&r))
        return wrong(why, "the record's length");
    SR_TRY(genesis_params_decode(params, &g.params, why));
    g.params_hash = genesis_params_hash(params);
    *ret = g;
    return SR_OK;
}

struct sha256 genesis_cid(struct span record)
{
    struct hash256 h = hash256_start(L_GENESIS);
    hash256_lp(&h, span_of(sr_mode.name));
    hash256_lp(&h, record);
    return hash256_end(&h);
}

enum sr_err genesis_pinned(struct span record, const struct sha256 *cid, struct genesis *ret,
                           struct sr_why *why)
{
    struct sha256 d = genesis_cid(record);
    if (!sha256_eq(&d, cid)) /* before any of it is looked at */
        return mismatch(why, "the record is not the pinned network's");
    return genesis_decode(record, ret, why);
}

struct approvers genesis_approvers(const struct genesis *g)
{
    const struct key_set *o = &g->params.operators;
    return (struct approvers){ o->key, o->n, o->k };
}

const struct type_roots *genesis_roots(const struct genesis *g, struct span type)
{
    for (size_t i = 0; i < g->params.ntypes; i++)
        if (span_eq(span_of(g->params.types[i].type), type))
            return &g->params.types[i];
    return NULL;
}

struct pins genesis_pins(const void *genesis, struct span type)
{
    const struct type_roots *named = genesis ? genesis_roots(genesis, type) : NULL;
    return named ? (struct pins){ named->root, named->n } : (struct pins){ 0 };
}

struct pins genesis_report_pins(const struct genesis *g, struct span type)
{
    struct evidence_parts all = evidence_parts(type);
    return all.v[0].type ? genesis_pins(g, span_of(all.v[0].type)) : (struct pins){ 0 };
}

static enum sr_err root_of_part(const struct genesis *g, const struct evidence_part *part,
                                const struct claims *claims, struct sr_why *why)
{
    const struct type_roots *roots = part->type ? genesis_roots(g, span_of(part->type)) : NULL;
    const struct claim *root = evidence_claim(claims, part, "root");
    char hex[65];
    for (size_t i = 0; roots && root && i < roots->n; i++) {
        hex_text(SPAN(roots->root[i].b), hex);
        if (strcmp(hex, root->text) == 0)
            return SR_OK;
    }
    return roots || root
               ? sr_fail(why, SR_EPROOF, R_EK_CHAIN, "the evidence leads to no root that the record names")
               : SR_OK;
}

enum sr_err genesis_root_check(const struct genesis *g, struct span type, const struct claims *claims,
                               struct sr_why *why)
{
    struct evidence_parts all = evidence_parts(type);
    for (size_t i = 0; i < all.n; i++)
        SR_TRY(root_of_part(g, &all.v[i], claims, why));
    return appraisal_check(APPRAISAL_BASELINE, claims, NULL, NULL, why);
}

enum sr_err genesis_bundle_encode(const struct genesis_bundle *b, struct buf *ret, struct sr_why *why)
{
    SR_OWN(buf) out = { 0 };
    struct genesis_bundle back;
    wr_u8(&out, b->recovery.n ? BUNDLE_RECOVERY : BUNDLE_PLAIN);
    wr_lp(&out, b->record);
    wr_lp(&out, b->opnonce);
    wr_u64be(&out, b->created);
    wr_lp(&out, b->type);
    wr_lp(&out, b->evidence);
    wr_lp(&out, b->policy);
    if (b->recovery.n)
        wr_lp(&out, b->recovery);
    if (!buf_ok(&out))
        return SR_ENOMEM;
    SR_TRY(genesis_bundle_decode(buf_span(&out), &back, why));
    wr_span(ret, buf_span(&out));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err genesis_bundle_decode(struct span s, struct genesis_bundle *ret, struct sr_why *why)
{
    struct genesis_bundle b = { 0 };
    struct reader r = rd_init(s);
    if (s.n > GENESIS_BUNDLE_MAX)
        return sr_fail(why, SR_ETOOBIG, R_GENESIS_FORMAT, "genesis bundle: over the limit");
    uint8_t version = rd_u8(&r);
    b.record = rd_lp(&r, GENESIS_RECORD_MAX);
    b.opnonce = rd_lp(&r, GENESIS_OPNONCE_MAX);
    b.created = rd_u64be(&r);
    b.type = rd_lp(&r, EVIDENCE_TYPE_MAX);
    b.evidence = rd_lp(&r, HANDSHAKE_EVIDENCE_MAX);
    b.policy = rd_lp(&r, GENESIS_POLICY_MAX);
    if (version == BUNDLE_RECOVERY)
        b.recovery = rd_lp(&r, RECOVERY_SET_MAX);
    if (!rd_end(&r) || (version != BUNDLE_PLAIN && version != BUNDLE_RECOVERY))
        return wrong(why, "the bundle's version or length");
    if (!b.record.n || !b.opnonce.n || !b.evidence.n || !b.policy.n || !evidence_type_ok(b.type) ||
        (version == BUNDLE_RECOVERY) != (b.recovery.n > 0))
        return wrong(why, "the bundle lacks a part");
    *ret = b;
    return SR_OK;
}

struct sha512 genesis_rd(const struct sha256 *cid, const struct genesis_bundle *b)
{
    struct hash512 h = hash512_start(L_GENESIS_EVIDENCE);
    hash512_lp(&h, SPAN(cid->b));
    hash512_lp(&h, b->opnonce);
    hash512_u64(&h, b->created);
    if (b->recovery.n)
        hash512_lp(&h, b->recovery);
    return hash512_end(&h);
}

static struct sha256 policy_digest(struct span document)
{
    struct hash256 h = hash256_start(L_POLICY);
    hash256_lp(&h, document);
    return hash256_end(&h);
}

static enum sr_err check_recovery(struct genesis_checked *c, struct sr_why *why)
{
    const struct holder_set *holders = &c->genesis.params.recovery;
    if ((c->bundle.recovery.n > 0) != (holders->n > 0))
        return mismatch(why, holders->n ? "the record has recovery holders, the bundle no shares for them"
                                        : "shares for a network that has no recovery");
    return holders->n ? recovery_decode(c->bundle.recovery, holders, &c->recovery, why) : SR_OK;
}

enum sr_err genesis_check(struct span bundle, const struct sha256 *cid, struct span opnonce,
                          struct genesis_checked *ret, struct sr_why *why)
{
    struct genesis_checked c = { 0 };
    SR_TRY(genesis_bundle_decode(bundle, &c.bundle, why));
    SR_TRY(genesis_pinned(c.bundle.record, cid, &c.genesis, why));
    if (opnonce.n && !span_eq(opnonce, c.bundle.opnonce))
        return mismatch(why, "the operators chose another nonce");
    struct sha256 policy = policy_digest(c.bundle.policy);
    if (!sha256_eq(&policy, &c.genesis.params.first_policy))
        return mismatch(why, "the first policy is not the one that the record names");
    SR_TRY(check_recovery(&c, why));
    c.rd = genesis_rd(cid, &c.bundle);
    *ret = c;
    return SR_OK;
}
