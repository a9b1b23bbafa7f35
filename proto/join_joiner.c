#include "proto/join.h"
#include "proto/join_hash.h"

#include <string.h>

void join_keys_drop(struct join_keys *k)
{
    sodium_memzero(k, sizeof *k);
}

void join_hold_drop(struct join_hold *h)
{
    sodium_memzero(h, sizeof *h);
}

enum sr_err join_hello(const struct joiner *j, const struct join_keys *k, struct buf *ret_m1)
{
    struct m1 m = {
        .suite = { SUITE_1 },
        .nsuites = 1,
        .cid = j->cid,
        .role = SPAN_STR("join"),
        .type = j->type,
    };
    memcpy(m.nj, k->nj, sizeof m.nj);
    return m1_encode(&m, ret_m1);
}

static enum sr_err check_minimums(const struct joiner *j, const struct m2 *m, struct sr_why *why)
{
    if (m->epoch_lo < 1 || m->epoch_lo > m->epoch_hi || m->epoch_hi > EPOCHS_MAX ||
        m->epoch_hi < j->min_epoch)
        return sr_fail(why, SR_ESTALE, R_EPOCH, "the granter is at an older epoch than is known here");
    if (m->policy_number < 1 || m->policy_number < j->min_policy)
        return sr_fail(why, SR_ESTALE, R_POLICY_OLD, "the granter's policy is older than is known here");
    return SR_OK;
}

enum sr_err join_read_challenge(const struct joiner *j, struct span m1, struct span m2,
                                struct join_challenged *ret, struct sr_why *why)
{
    struct m2 m;
    SR_TRY(m2_decode(m2, &m, why));
    if (m.suite != SUITE_1)
        return sr_fail(why, SR_EPROOF, R_SUITE, "a suite that was not offered");
    if (!sha256_eq(&m.cid, &j->cid))
        return sr_fail(why, SR_EPROOF, R_WRONG_NETWORK, "the granter is of another network");
    SR_TRY(check_minimums(j, &m, why));
    *ret = (struct join_challenged){ m1, m2, m };
    return SR_OK;
}

void join_rd(const struct joiner *j, const struct join_challenged *c, const struct join_keys *k,
             const struct binding *binding, struct join_offer *ret)
{
    struct kem_pub ekj;
    struct join_offer o = { .c = *c, .binding = *binding, .th1 = join_th1(c->m1, c->m2, binding) };
    kem_pub_of(&k->ekj, &ekj);
    const struct join_joiner_rd rd = { &o.th1, &ekj, &k->idj_pub, &k->member_pub, j->type, &j->rollback };
    o.rd = join_rd_joiner(&rd);
    *ret = o;
}

enum sr_err join_m3(const struct joiner *j, const struct join_offer *o, const struct join_keys *k,
                    struct span evidence, struct buf *ret_m3, struct join_wait *ret)
{
    SR_OWN(buf) b = { 0 };
    struct m3 m = {
        .m1 = o->c.m1,
        .m2 = o->c.m2,
        .cb_kind = o->binding.bound ? 1 : 0,
        .idj = k->idj_pub,
        .member_key = k->member_pub,
        .address = j->address,
        .rollback = j->rollback,
        .evidence = evidence,
    };
    kem_pub_of(&k->ekj, &m.ekj);
    SR_TRY(m3_encode(&m, &b));
    struct join_wait w = { o->c.challenge, join_th2(&o->th1, wire_body(buf_span(&b), M3_SIGS)) };
    m.sigm = sign_label(&k->member, L_JOIN_SIG_MEMBER, SPAN(w.th2.b));
    m.sigj = sign_label(&k->idj, L_JOIN_SIG_JOINER, SPAN(w.th2.b));
    SR_TRY(m3_encode(&m, ret_m3));
    *ret = w;
    return SR_OK;
}

static enum sr_err check_epochs(const struct joiner *j, const struct join_wait *w, struct join_granted *g,
                                struct sr_why *why)
{
    struct approvers approvers = genesis_approvers(&g->genesis);
    SR_TRY(
        epoch_chain_check(g->m4.chain, &j->cid, &g->genesis.first, &approvers, g->epochs, &g->nepochs, why));
    if (g->nepochs != w->challenge.epoch_hi || g->nepochs < j->min_epoch)
        return sr_fail(why, SR_EPROOF, R_EPOCH, "the chain does not end in the epoch promised");
    return SR_OK;
}

enum sr_err join_read_grant(const struct joiner *j, const struct join_wait *w, struct span m4,
                            struct join_granted *ret, struct sr_why *why)
{
    struct join_granted g;
    const struct m4 *m = &g.m4;
    SR_TRY(m4_decode(m4, &g.m4, why));
    if (!span_eq(SPAN(m->sid.b), SPAN(w->challenge.sid.b)))
        return sr_fail(why, SR_EAUTH, R_SESSION_UNKNOWN, "M4 of another session");
    SR_TRY(genesis_pinned(m->record, &j->cid, &g.genesis, why));
    g.th3 = join_th3(&w->th2, wire_body(m4, M4_SIG));
    if (sign_check(&w->challenge.idb, L_JOIN_SIG_GRANTER, SPAN(g.th3.b), &m->sigb) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_SIGNATURE, "M4 is not signed by who made the challenge");
    SR_TRY(check_epochs(j, w, &g, why));
    struct sha512 ct_hash = sha512(m->ct);
    const struct join_granter_rd rd = { &w->th2,  &m->ekb, &w->challenge.idb, &m->enc,
                                        &ct_hash, m->type, &m->rollback };
    g.rd = join_rd_granter(&rd);
    *ret = g;
    return SR_OK;
}

static enum sr_err check_granter(const struct join_wait *w, const struct join_granted *g,
                                 const struct verified *v, const struct join_policy *policy,
                                 struct sr_why *why)
{
    if (!span_eq(SPAN(v->rd.b), SPAN(g->rd.b)) || !span_eq(span_of(v->type), g->m4.type))
        return sr_fail(why, SR_EPROOF, R_EVIDENCE_SWAPPED, "the evidence verified is not this M4's");
    if (policy->number != w->challenge.policy_number || !sha256_eq(&policy->hash, &w->challenge.policy_hash))
        return sr_fail(why, SR_EPROOF, R_POLICY_CHAIN, "M4 carries another policy than the challenge named");
    if (w->challenge.epoch_lo < policy->destroy_before)
        return sr_fail(why, SR_EPROOF, R_EPOCH_DESTROYED,
                       "the granter hands out masters that policy destroys");
    return SR_OK;
}

static enum sr_err open_bundle(const struct join_wait *w, const struct join_granted *g,
                               const struct join_keys *k, struct master_bundle *ret, struct join_hold *hold,
                               struct sr_why *why)
{
    SR_OWN(hpke) ctx = { 0 };
    SR_OWN(secret) plain = { 0 };
    SR_OWN(buf) info = { 0 };
    SR_OWN(buf) aad = { 0 };
    SR_TRY(join_seal_info(&w->th2, &info));
    SR_TRY(join_seal_aad(&w->th2, w->challenge.epoch_lo, w->challenge.epoch_hi, &aad));
    if (hpke_setup_recv(&g->m4.enc, &k->ekj, buf_span(&info), &g->m4.ekb, &ctx) != SR_OK ||
        hpke_open(&ctx, buf_span(&aad), g->m4.ct, &plain) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_SEAL_OPEN, "the masters do not open");
    SR_TRY(master_bundle_decode(secret_span(&plain), ret, why));
    return join_confirm_keys(&ctx, &hold->kcj, &hold->kcb);
}

/* These masters, all of them and no others, are the pinned network's. */
static enum sr_err check_bundle(const struct join_wait *w, const struct join_granted *g,
                                const struct master_bundle *b, struct sr_why *why)
{
    if (!sha256_eq(&b->cid, &w->challenge.cid))
        return sr_fail(why, SR_EPROOF, R_WRONG_NETWORK, "masters of another network");
    if (b->epoch[0].epoch != w->challenge.epoch_lo || b->epoch[b->n - 1].epoch != w->challenge.epoch_hi)
        return sr_fail(why, SR_EPROOF, R_EPOCH, "masters of other epochs than promised");
    return master_bundle_check(b, g->genesis.params.salt, g->epochs, g->nepochs, why);
}

enum sr_err join_open_grant(const struct join_wait *w, const struct join_granted *g,
                            const struct join_keys *k, const struct verified *verified,
                            const struct join_policy *policy, struct master_bundle *ret,
                            struct join_hold *ret_hold, struct sr_why *why)
{
    SR_OWN(master_bundle) b = { 0 };
    SR_OWN(join_hold)
    hold = { .sid = w->challenge.sid,
             .th3 = g->th3,
             .cid = w->challenge.cid,
             .member_ca = g->epochs[g->nepochs - 1].member_ca,
             .epoch = g->nepochs };
    SR_TRY(check_granter(w, g, verified, policy, why));
    SR_TRY(open_bundle(w, g, k, &b, &hold, why));
    SR_TRY(check_bundle(w, g, &b, why));
    *ret = b;
    *ret_hold = hold;
    return SR_OK;
}

enum sr_err join_m5(const struct join_hold *h, struct buf *ret_m5)
{
    struct m5 m = { .sid = h->sid };
    SR_TRY(join_confirm_mac(&h->kcj, L_JOIN_CONFIRM_JOINER, &h->th3, (struct span){ 0 }, &m.mac));
    return m5_encode(&m, ret_m5);
}

static enum sr_err check_cert(const struct joiner *j, const struct join_hold *h, const struct join_keys *k,
                              struct span cert, struct member_cert *ret, struct sr_why *why)
{
    SR_TRY(member_cert_check(cert, &h->cid, h->epoch, &h->member_ca, ret, why));
    if (!span_eq(SPAN(ret->key.b), SPAN(k->member_pub.b)) || !span_eq(span_of(ret->address), j->address))
        return sr_fail(why, SR_EPROOF, R_MEMBER_CERT, "a certificate for another member");
    return SR_OK;
}

enum sr_err join_read_m6(const struct joiner *j, const struct join_hold *h, const struct join_keys *k,
                         struct span m6, struct join_member *ret, struct sr_why *why)
{
    struct m6 m;
    struct sha256 mac;
    struct join_member member = { 0 };
    SR_TRY(m6_decode(m6, &m, why));
    if (!span_eq(SPAN(m.sid.b), SPAN(h->sid.b)))
        return sr_fail(why, SR_EAUTH, R_SESSION_UNKNOWN, "M6 of another session");
    SR_TRY(join_confirm_mac(&h->kcb, L_JOIN_CONFIRM_GRANTER, &h->th3, wire_body(m6, M6_MAC), &mac));
    if (!span_eq_secret(SPAN(mac.b), SPAN(m.mac.b)))
        return sr_fail(why, SR_EAUTH, R_CONFIRM_MAC, "M6 is not the granter's");
    SR_TRY(check_cert(j, h, k, m.cert, &member.cert, why));
    member.cert_bytes = m.cert;
    member.leaf = m.leaf;
    member.leaf_index = m.leaf_index;
    member.proof = m.proof;
    member.checkpoint = m.checkpoint;
    *ret = member;
    return SR_OK;
}
