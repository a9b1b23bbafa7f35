#include "proto/release.h"
#include "proto/release_hash.h"

#include <string.h>

static enum sr_err stale(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_ESTALE, R_STALE_CHALLENGE, "%s changed since the challenge", what);
}

enum sr_err release_challenge(const struct releaser *r, const uint8_t rand[16], uint64_t now_ms,
                              struct buf *ret_w1)
{
    SR_OWN(buf) b = { 0 };
    struct w1 w = {
        .cid = r->cid,
        .ts_ms = now_ms,
        .epoch = r->epoch,
        .policy_number = r->policy_number,
        .policy_hash = r->policy_hash,
        .idb = r->id,
        .release_pub = r->release_pub,
        .deadline_ms = r->ttl_ms,
    };
    memcpy(w.rand, rand, sizeof w.rand);
    SR_TRY(w1_encode(&w, &b));
    SR_TRY(
        nonce_mac(r->nonce_key, SPAN_STR("release"), NULL, wire_body(buf_span(&b), sizeof w.mac.b), &w.mac));
    return w1_encode(&w, ret_w1);
}

static enum sr_err check_snapshot(const struct releaser *r, const struct w1 *w, struct sr_why *why)
{
    if (w->policy_number != r->policy_number || !sha256_eq(&w->policy_hash, &r->policy_hash))
        return stale(why, "policy");
    if (w->epoch != r->epoch || !span_eq(SPAN(w->release_pub.b), SPAN(r->release_pub.b)))
        return stale(why, "epoch");
    if (!span_eq(SPAN(w->idb.b), SPAN(r->id.b)) || w->deadline_ms != r->ttl_ms)
        return stale(why, "identity or lifetime");
    return SR_OK;
}

static enum sr_err check_echo(const struct releaser *r, struct span w1, uint64_t now_ms, struct w1 *ret,
                              struct sr_why *why)
{
    SR_TRY(w1_decode(w1, ret, why));
    if (!sha256_eq(&ret->cid, &r->cid))
        return sr_fail(why, SR_EPROOF, R_WRONG_NETWORK, "a challenge of another network");
    SR_TRY(nonce_check(r->nonce_key, SPAN_STR("release"), NULL, wire_body(w1, sizeof ret->mac.b), &ret->mac,
                       why));
    SR_TRY(nonce_age(ret->ts_ms, ret->deadline_ms, now_ms, why));
    return check_snapshot(r, ret, why);
}

enum sr_err release_open_request(const struct releaser *r, struct span w2, const struct binding *binding,
                                 uint64_t now_ms, struct release_request *ret, struct sr_why *why)
{
    struct w2 m;
    struct release_request q = { 0 };
    struct binding cb;
    SR_TRY(w2_decode(w2, &m, why));
    SR_TRY(check_echo(r, m.w1, now_ms, &q.challenge, why));
    SR_TRY(binding_pick(binding, m.cb_kind, r->binding_required, &cb, why));
    SR_TRY(want_list_decode(m.want, &q.wants, why));
    const struct release_rd_in rd = { m.w1, &m.ekw, m.want, m.type, &cb };
    q.rd = release_evidence_rd(&rd);
    q.th = release_th(w2, &cb);
    q.ekw = m.ekw;
    q.type = m.type;
    q.evidence = m.evidence;
    q.nonce = (struct nonce){ q.challenge.mac, q.challenge.ts_ms + q.challenge.deadline_ms };
    *ret = q;
    return SR_OK;
}

static enum sr_err check_verified(const struct release_request *q, const struct verified *v,
                                  const struct nonce_spent *spent, struct sr_why *why)
{
    if (!span_eq(SPAN(v->rd.b), SPAN(q->rd.b)) || !span_eq(span_of(v->type), q->type))
        return sr_fail(why, SR_EPROOF, R_EVIDENCE_SWAPPED, "the evidence verified is not this W2's");
    if (!sha256_eq(&spent->id, &q->nonce.id))
        return sr_fail(why, SR_EPROOF, R_EVIDENCE_SWAPPED, "the nonce taken is not this W2's");
    return SR_OK;
}

/* The values as the workload will read them: exactly what it asked for. */
static enum sr_err check_values(const struct release_request *q, struct span plain, struct sr_why *why)
{
    SR_OWN(release_values) back = { 0 };
    if (release_values_decode(plain, &q->wants, &back, NULL) != SR_OK)
        return sr_fail(why, SR_EBUG, R_RELEASE_VALUES, "the values are not those asked for");
    return SR_OK;
}

static enum sr_err seal(const struct release_request *q, struct span plain, uint64_t leaf_index,
                        const struct kem_key *eph, struct kem_pub *ret_enc, struct buf *ret_ct)
{
    SR_OWN(hpke) ctx = { 0 };
    SR_OWN(buf) info = { 0 };
    SR_OWN(buf) aad = { 0 };
    SR_TRY(release_seal_info(&q->th, &info));
    SR_TRY(release_seal_aad(&q->challenge, leaf_index, &aad));
    SR_TRY(hpke_setup_send(&q->ekw, buf_span(&info), NULL, eph, ret_enc, &ctx));
    return hpke_seal(&ctx, buf_span(&aad), plain, ret_ct);
}

static enum sr_err sign_w3(struct w3 *m, const struct sha512 *th, const struct releaser *r,
                           const struct sign_key *key, struct buf *ret_w3, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(buf) text = { 0 };
    if (w3_encode(m, &b) != SR_OK)
        return sr_fail(why, SR_EBUG, R_INTERNAL, "W3: a part is over its limit");
    SR_TRY(release_sig_text(th, wire_body(buf_span(&b), W3_SIG), &text));
    m->sig = sign_label(key, L_RELEASE_SIG, buf_span(&text));
    if (sign_check(&r->release_pub, L_RELEASE_SIG, buf_span(&text), &m->sig) != SR_OK)
        return sr_fail(why, SR_EBUG, R_INTERNAL, "W3: signed with another key than promised");
    return w3_encode(m, ret_w3);
}

enum sr_err release_w3(const struct releaser *r, const struct release_request *q,
                       const struct verified *verified, const struct nonce_spent *spent,
                       const struct release_values *values, const struct release_promise *promise,
                       const struct release_keys *keys, struct buf *ret_w3, struct sr_why *why)
{
    SR_OWN(secret) plain = { 0 };
    SR_OWN(buf) ct = { 0 };
    struct w3 m = { .leaf_index = promise->leaf_index,
                    .leaf = promise->leaf,
                    .checkpoint = promise->checkpoint };
    SR_TRY(check_verified(q, verified, spent, why));
    SR_TRY(check_snapshot(r, &q->challenge, why)); /* a rotation while the evidence was pending */
    SR_TRY(release_values_encode(values, &plain, why));
    SR_TRY(check_values(q, secret_span(&plain), why));
    if (seal(q, secret_span(&plain), promise->leaf_index, keys->eph, &m.enc, &ct) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_SEAL_OPEN, "could not seal to the workload's key");
    m.ct = buf_span(&ct);
    return sign_w3(&m, &q->th, r, keys->key, ret_w3, why);
}
