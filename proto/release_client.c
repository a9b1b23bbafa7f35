#include "proto/release.h"
#include "proto/release_hash.h"

void release_offer_drop(struct release_offer *o)
{
    buf_drop(&o->want);
    *o = (struct release_offer){ 0 };
}

void released_drop(struct released *r)
{
    release_values_drop(&r->values);
    *r = (struct released){ 0 };
}

enum sr_err release_read_challenge(const struct workload *w, struct span w1, struct release_challenged *ret,
                                   struct sr_why *why)
{
    struct w1 m;
    SR_TRY(w1_decode(w1, &m, why));
    if (!sha256_eq(&m.cid, &w->cid))
        return sr_fail(why, SR_EPROOF, R_WRONG_NETWORK, "a node of another network");
    if (m.epoch < 1 || m.epoch != w->nepochs)
        return sr_fail(why, SR_ESTALE, R_EPOCH, "the node is not at the newest epoch known here");
    if (!span_eq(SPAN(m.release_pub.b), SPAN(w->epochs[m.epoch - 1].release.b)))
        return sr_fail(why, SR_EPROOF, R_RELEASE_SIGNATURE,
                       "the node names a release key that isn't the network's");
    if (m.policy_number < 1 || m.policy_number < w->min_policy)
        return sr_fail(why, SR_ESTALE, R_POLICY_OLD, "the node's policy is older than is known here");
    *ret = (struct release_challenged){ w1, m };
    return SR_OK;
}

/* A derived key's version is an epoch: a node at an earlier one, or who learnt that one's master, has no such
 * key, whatever it would answer. */
static enum sr_err check_versions(const struct want_list *wants, uint64_t epoch, struct sr_why *why)
{
    for (size_t i = 0; i < wants->n; i++)
        if (wants->want[i].kind != WANT_SECRET && wants->want[i].version > epoch)
            return sr_fail(why, SR_ENOENT, R_KEY_VERSION, "a derived key of version %u at epoch %llu",
                           wants->want[i].version, (unsigned long long)epoch);
    return SR_OK;
}

enum sr_err release_rd(const struct workload *w, const struct release_challenged *c,
                       const struct kem_key *ekw, const struct want_list *wants,
                       const struct binding *binding, struct release_offer *ret, struct sr_why *why)
{
    SR_OWN(release_offer) o = { .c = *c, .binding = *binding };
    SR_TRY(want_list_encode(wants, &o.want, why));
    SR_TRY(check_versions(wants, c->challenge.epoch, why));
    kem_pub_of(ekw, &o.ekw);
    const struct release_rd_in rd = { c->w1, &o.ekw, buf_span(&o.want), w->type, binding };
    o.rd = release_evidence_rd(&rd);
    *ret = SR_TAKE(o);
    return SR_OK;
}

enum sr_err release_w2(const struct workload *w, const struct release_offer *o, struct span evidence,
                       struct buf *ret_w2, struct release_wait *ret)
{
    SR_OWN(buf) b = { 0 };
    struct w2 m = {
        .w1 = o->c.w1,
        .cb_kind = o->binding.bound ? 1 : 0,
        .ekw = o->ekw,
        .type = w->type,
        .want = buf_span(&o->want),
        .evidence = evidence,
    };
    SR_TRY(w2_encode(&m, &b));
    wr_span(ret_w2, buf_span(&b));
    if (!buf_ok(ret_w2))
        return SR_ENOMEM;
    *ret = (struct release_wait){ release_th(buf_span(&b), &o->binding), o->c.challenge };
    return SR_OK;
}

/* Only the network's release key can have said this, for this request. */
static enum sr_err check_sig(const struct workload *w, const struct release_wait *wait, struct span w3,
                             const struct sig *sig, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    const struct sign_pub *key = &w->epochs[wait->challenge.epoch - 1].release;
    SR_TRY(release_sig_text(&wait->th, wire_body(w3, W3_SIG), &text));
    if (sign_check(key, L_RELEASE_SIG, buf_span(&text), sig) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_RELEASE_SIGNATURE,
                       "W3 is not signed by the network, or not for this request");
    return SR_OK;
}

static enum sr_err open_values(const struct release_wait *wait, const struct kem_key *ekw, const struct w3 *m,
                               struct secret *ret, struct sr_why *why)
{
    SR_OWN(hpke) ctx = { 0 };
    SR_OWN(buf) info = { 0 };
    SR_OWN(buf) aad = { 0 };
    SR_TRY(release_seal_info(&wait->th, &info));
    SR_TRY(release_seal_aad(&wait->challenge, m->leaf_index, &aad));
    if (hpke_setup_recv(&m->enc, ekw, buf_span(&info), NULL, &ctx) != SR_OK ||
        hpke_open(&ctx, buf_span(&aad), m->ct, ret) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_SEAL_OPEN, "the values do not open");
    return SR_OK;
}

enum sr_err release_open(const struct workload *w, const struct release_wait *wait, const struct kem_key *ekw,
                         const struct want_list *wants, struct span w3, struct released *ret,
                         struct sr_why *why)
{
    SR_OWN(secret) plain = { 0 };
    SR_OWN(released) out = { 0 };
    struct w3 m;
    SR_TRY(w3_decode(w3, &m, why));
    if (wait->challenge.epoch < 1 || wait->challenge.epoch > w->nepochs)
        return sr_fail(why, SR_EPROOF, R_EPOCH, "an epoch that is not known here");
    SR_TRY(check_sig(w, wait, w3, &m.sig, why));
    SR_TRY(open_values(wait, ekw, &m, &plain, why));
    SR_TRY(release_values_decode(secret_span(&plain), wants, &out.values, why));
    out.leaf_index = m.leaf_index;
    out.leaf = m.leaf;
    out.checkpoint = m.checkpoint;
    *ret = SR_TAKE(out);
    return SR_OK;
}
