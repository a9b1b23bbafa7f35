#include "proto/join.h"
#include "proto/join_hash.h"

#include <string.h>

void join_grant_random_drop(struct join_grant_random *r)
{
    sodium_memzero(r, sizeof *r);
}

void join_pending_drop(struct join_pending *p)
{
    sodium_memzero(p, sizeof *p);
}

void join_confirmed_drop(struct join_confirmed *c)
{
    sodium_memzero(c, sizeof *c);
}

void join_sealed_drop(struct join_sealed *s)
{
    buf_drop(&s->ct);
    sodium_memzero(s, sizeof *s);
}

static enum sr_err stale(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_ESTALE, R_STALE_CHALLENGE, "%s changed since the challenge", what);
}

/* Whom M1 speaks to, and in which suite. */
static enum sr_err check_hello(const struct granter *g, const struct m1 *m, struct sr_why *why)
{
    bool known = false;
    for (size_t i = 0; i < m->nsuites; i++)
        known = known || m->suite[i] == SUITE_1;
    if (!known)
        return sr_fail(why, SR_EFORMAT, R_SUITE, "no suite that this node knows");
    if (!span_eq(m->role, SPAN_STR("join")))
        return sr_fail(why, SR_EFORMAT, R_ROLE, "not a join");
    if (!sha256_eq(&m->cid, &g->cid))
        return sr_fail(why, SR_EPROOF, R_WRONG_NETWORK, "the joiner wants another network");
    return SR_OK;
}

enum sr_err join_challenge(const struct granter *g, struct span m1,
                           const struct join_challenge_random *random, uint64_t now_ms, struct buf *ret_m2,
                           struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct m1 hello;
    struct m2 m = {
        .suite = SUITE_1,
        .cid = g->cid,
        .sid = random->sid,
        .ts_ms = now_ms,
        .epoch_lo = g->epoch_lo,
        .epoch_hi = g->epoch_hi,
        .policy_number = g->policy_number,
        .policy_hash = g->policy_hash,
        .idb = g->id,
        .deadline_ms = g->ttl_ms,
    };
    memcpy(m.rand, random->rand, sizeof m.rand);
    SR_TRY(m1_decode(m1, &hello, why));
    SR_TRY(check_hello(g, &hello, why));
    SR_TRY(m2_encode(&m, &b));
    struct sha512 context = sha512(m1);
    SR_TRY(
        nonce_mac(g->nonce_key, SPAN_STR("join"), &context, wire_body(buf_span(&b), sizeof m.mac.b), &m.mac));
    return m2_encode(&m, ret_m2);
}

/* Whatever of the challenge this node can compare with what it would say now. */
static enum sr_err check_snapshot(const struct granter *g, const struct m2 *m, struct sr_why *why)
{
    if (!sha256_eq(&m->cid, &g->cid))
        return sr_fail(why, SR_EPROOF, R_WRONG_NETWORK, "a challenge of another network");
    if (m->policy_number != g->policy_number || !sha256_eq(&m->policy_hash, &g->policy_hash))
        return stale(why, "policy");
    if (m->epoch_lo != g->epoch_lo || m->epoch_hi != g->epoch_hi)
        return stale(why, "epoch");
    if (!span_eq(SPAN(m->idb.b), SPAN(g->id.b)))
        return stale(why, "identity");
    if (m->suite != SUITE_1 || m->deadline_ms != g->ttl_ms)
        return stale(why, "suite or lifetime");
    return SR_OK;
}

static enum sr_err check_echo(const struct granter *g, const struct m3 *m, uint64_t now_ms, struct m1 *ret_m1,
                              struct m2 *ret_m2, struct sr_why *why)
{
    SR_TRY(m1_decode(m->m1, ret_m1, why));
    SR_TRY(m2_decode(m->m2, ret_m2, why));
    SR_TRY(check_hello(g, ret_m1, why));
    struct sha512 context = sha512(m->m1);
    SR_TRY(nonce_check(g->nonce_key, SPAN_STR("join"), &context, wire_body(m->m2, sizeof ret_m2->mac.b),
                       &ret_m2->mac, why));
    SR_TRY(nonce_age(ret_m2->ts_ms, ret_m2->deadline_ms, now_ms, why));
    return check_snapshot(g, ret_m2, why);
}

static enum sr_err check_signatures(const struct m3 *m, const struct sha512 *th2, struct sr_why *why)
{
    if (sign_check(&m->idj, L_JOIN_SIG_JOINER, SPAN(th2->b), &m->sigj) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_SIGNATURE, "M3 is not signed by its session key");
    if (sign_check(&m->member_key, L_JOIN_SIG_MEMBER, SPAN(th2->b), &m->sigm) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_SIGNATURE, "M3 is not signed by its member key");
    return SR_OK;
}

enum sr_err join_open_attest(const struct granter *g, struct span m3, const struct binding *binding,
                             uint64_t now_ms, struct join_attest *ret, struct sr_why *why)
{
    struct m3 m;
    struct m1 hello;
    struct join_attest a = { 0 };
    struct binding cb;
    SR_TRY(m3_decode(m3, &m, why));
    SR_TRY(check_echo(g, &m, now_ms, &hello, &a.challenge, why));
    SR_TRY(binding_pick(binding, m.cb_kind, g->binding_required, &cb, why));
    a.th1 = join_th1(m.m1, m.m2, &cb);
    a.th2 = join_th2(&a.th1, wire_body(m3, M3_SIGS));
    SR_TRY(check_signatures(&m, &a.th2, why));
    const struct join_joiner_rd rd = { &a.th1, &m.ekj, &m.idj, &m.member_key, hello.type, &m.rollback };
    a.rd = join_rd_joiner(&rd);
    a.ekj = m.ekj;
    a.idj = m.idj;
    a.member_key = m.member_key;
    a.type = hello.type;
    a.address = m.address;
    a.rollback = m.rollback;
    a.evidence = m.evidence;
    a.nonce = (struct nonce){ a.challenge.mac, a.challenge.ts_ms + a.challenge.deadline_ms };
    *ret = a;
    return SR_OK;
}

static enum sr_err check_verified(const struct join_attest *a, const struct verified *v,
                                  const struct nonce_spent *spent, struct sr_why *why)
{
    if (!span_eq(SPAN(v->rd.b), SPAN(a->rd.b)) || !span_eq(span_of(v->type), a->type))
        return sr_fail(why, SR_EPROOF, R_EVIDENCE_SWAPPED, "the evidence verified is not this M3's");
    if (!sha256_eq(&spent->id, &a->nonce.id))
        return sr_fail(why, SR_EPROOF, R_EVIDENCE_SWAPPED, "the nonce taken is not this M3's");
    return SR_OK;
}

static enum sr_err check_range(const struct granter *g, const struct master_bundle *b, struct sr_why *why)
{
    if (!b->n || !sha256_eq(&b->cid, &g->cid) || b->epoch[0].epoch != g->epoch_lo ||
        b->epoch[b->n - 1].epoch != g->epoch_hi)
        return sr_fail(why, SR_EBUG, R_EPOCH, "the masters are not those of the snapshot");
    return SR_OK;
}

static enum sr_err seal(const struct join_attest *a, const struct master_bundle *bundle,
                        const struct join_grant_random *random, struct join_sealed *s)
{
    SR_OWN(hpke) ctx = { 0 };
    SR_OWN(secret) plain = { 0 };
    SR_OWN(buf) info = { 0 };
    SR_OWN(buf) aad = { 0 };
    SR_TRY(join_seal_info(&a->th2, &info));
    SR_TRY(join_seal_aad(&a->th2, a->challenge.epoch_lo, a->challenge.epoch_hi, &aad));
    SR_TRY(master_bundle_encode(bundle, &plain));
    SR_TRY(hpke_setup_send(&a->ekj, buf_span(&info), &random->ekb, &random->eph, &s->enc, &ctx));
    SR_TRY(hpke_seal(&ctx, buf_span(&aad), secret_span(&plain), &s->ct));
    return join_confirm_keys(&ctx, &s->pending.kcj, &s->pending.kcb);
}

static void note_session(const struct join_attest *a, struct join_pending *p)
{
    p->sid = a->challenge.sid;
    p->idj = a->idj;
    p->member_key = a->member_key;
    memcpy(p->address, a->address.p, a->address.n); /* at most ADDRESS_MAX: m3_decode */
    p->epoch_lo = a->challenge.epoch_lo;
    p->epoch_hi = a->challenge.epoch_hi;
    p->policy_number = a->challenge.policy_number;
    p->policy_hash = a->challenge.policy_hash;
    p->expires_ms = a->nonce.expires_ms;
}

enum sr_err join_grant(const struct granter *g, const struct join_attest *a, const struct verified *verified,
                       const struct nonce_spent *spent, const struct master_bundle *bundle, struct span type,
                       const struct join_grant_random *random, struct join_sealed *ret, struct sr_why *why)
{
    SR_OWN(join_sealed) s = { 0 };
    SR_TRY(check_verified(a, verified, spent, why));
    SR_TRY(check_snapshot(g, &a->challenge, why)); /* a rotation while the evidence was pending */
    SR_TRY(check_range(g, bundle, why));
    if (!evidence_type_ok(type))
        return SR_EBUG;
    if (seal(a, bundle, random, &s) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_SEAL_OPEN, "could not seal to the joiner's key");
    s.th2 = a->th2;
    s.ct_hash = sha512(buf_span(&s.ct));
    s.idb = g->id;
    s.rollback = g->rollback;
    kem_pub_of(&random->ekb, &s.ekb);
    memcpy(s.type, type.p, type.n);
    const struct join_granter_rd rd = { &s.th2, &s.ekb, &s.idb, &s.enc, &s.ct_hash, type, &s.rollback };
    s.rd = join_rd_granter(&rd);
    note_session(a, &s.pending);
    *ret = SR_TAKE(s);
    return SR_OK;
}

enum sr_err join_m4(const struct join_sealed *s, const struct join_m4_parts *parts, const struct sign_key *id,
                    struct buf *ret_m4, struct join_pending *ret, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct m4 m = {
        .sid = s->pending.sid,
        .ekb = s->ekb,
        .type = span_of(s->type),
        .rollback = s->rollback,
        .evidence = parts->evidence,
        .enc = s->enc,
        .ct = buf_span(&s->ct),
        .record = parts->record,
        .chain = parts->chain,
        .policy = parts->policy,
        .checkpoint = parts->checkpoint,
    };
    if (m4_encode(&m, &b) != SR_OK)
        return sr_fail(why, SR_EBUG, R_INTERNAL, "M4: a part is missing or over its limit");
    struct sha512 th3 = join_th3(&s->th2, wire_body(buf_span(&b), M4_SIG));
    m.sigb = sign_label(id, L_JOIN_SIG_GRANTER, SPAN(th3.b));
    if (sign_check(&s->idb, L_JOIN_SIG_GRANTER, SPAN(th3.b), &m.sigb) != SR_OK)
        return sr_fail(why, SR_EBUG, R_INTERNAL, "M4: signed with another key than promised");
    SR_TRY(m4_encode(&m, ret_m4));
    *ret = s->pending;
    ret->th3 = th3;
    return SR_OK;
}

enum sr_err join_m5_session(struct span m5, struct session_id *ret, struct sr_why *why)
{
    struct m5 m;
    SR_TRY(m5_decode(m5, &m, why));
    *ret = m.sid;
    return SR_OK;
}

/* Nobody becomes a member under rules or masters that no longer hold. */
static enum sr_err check_still(const struct granter *g, const struct join_pending *p, struct sr_why *why)
{
    if (p->policy_number != g->policy_number || !sha256_eq(&p->policy_hash, &g->policy_hash))
        return sr_fail(why, SR_ESTALE, R_POLICY_OLD, "policy changed since the grant");
    if (p->epoch_lo != g->epoch_lo || p->epoch_hi != g->epoch_hi)
        return sr_fail(why, SR_ESTALE, R_EPOCH, "the epoch changed since the grant");
    return SR_OK;
}

enum sr_err join_confirm(const struct granter *g, const struct join_pending *p, struct span m5,
                         uint64_t now_ms, struct join_confirmed *ret, struct sr_why *why)
{
    struct m5 m;
    struct sha256 mac;
    SR_TRY(m5_decode(m5, &m, why));
    if (!span_eq(SPAN(m.sid.b), SPAN(p->sid.b)))
        return sr_fail(why, SR_EAUTH, R_SESSION_UNKNOWN, "M5 of another session");
    if (now_ms > p->expires_ms)
        return sr_fail(why, SR_EAUTH, R_NONCE_EXPIRED, "M5 came too late");
    SR_TRY(join_confirm_mac(&p->kcj, L_JOIN_CONFIRM_JOINER, &p->th3, (struct span){ 0 }, &mac));
    if (!span_eq_secret(SPAN(mac.b), SPAN(m.mac.b)))
        return sr_fail(why, SR_EAUTH, R_CONFIRM_MAC, "M5 is not the joiner's");
    SR_TRY(check_still(g, p, why));
    *ret = (struct join_confirmed){
        .sid = p->sid,
        .th3 = p->th3,
        .kcb = p->kcb,
        .idj = p->idj,
        .member_key = p->member_key,
        .epoch_lo = p->epoch_lo,
        .epoch_hi = p->epoch_hi,
        .hardware = p->hardware,
        .measurement = p->measurement,
    };
    memcpy(ret->address, p->address, sizeof ret->address);
    return SR_OK;
}

enum sr_err join_m6(const struct join_confirmed *c, const struct join_m6_parts *parts, struct buf *ret_m6,
                    struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct m6 m = {
        .sid = c->sid,
        .cert = parts->cert,
        .leaf = parts->leaf,
        .leaf_index = parts->leaf_index,
        .proof = parts->proof,
        .checkpoint = parts->checkpoint,
    };
    if (m6_encode(&m, &b) != SR_OK)
        return sr_fail(why, SR_EBUG, R_INTERNAL, "M6: a part is over its limit");
    SR_TRY(
        join_confirm_mac(&c->kcb, L_JOIN_CONFIRM_GRANTER, &c->th3, wire_body(buf_span(&b), M6_MAC), &m.mac));
    return m6_encode(&m, ret_m6);
}
