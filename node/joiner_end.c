#include "node/joiner_end.h"

#include "crypto/text.h"
#include "node/appraise.h"
#include "node/clock.h"

#include <stdio.h>
#include <string.h>

/* The granter's log key: from the certificate that the network signed for it. */
static enum sr_err find_granter(struct peer_link *peer, const char *members, const struct join_hold *hold,
                                const struct member_id *want, struct sign_pub *ret, struct sr_why *why)
{
    enum sr_err e = peer_get(peer, members, why);
    if (e == SR_ENOENT) /* the epoch is not pending there any more, but active */
        e = peer_get(peer, MEMBERS_PATH, why);
    SR_TRY(e);
    struct reader r = rd_init(buf_span(&peer->reply.body));
    for (uint16_t left = rd_u16be(&r); left > 0 && !r.bad; left--) {
        struct member_cert c;
        struct span cert = rd_lp(&r, MEMBER_CERT_MAX);
        if (r.bad || member_cert_check(cert, &hold->cid, hold->epoch, &hold->member_ca, &c, why) != SR_OK)
            continue;
        struct member_id id = member_id_of(&c.key);
        if (memcmp(&id, want, sizeof id) == 0) {
            *ret = c.key;
            return SR_OK;
        }
    }
    return sr_fail(why, SR_EPROOF, R_MEMBER_CERT, "no certificate for the granter's id");
}

static enum sr_err check_about_us(const struct join_hold *hold, const struct join_member *m,
                                  struct sr_why *why)
{
    struct leaf l;
    SR_TRY(leaf_decode(m->leaf, &l, why));
    if (l.type != LEAF_MEMBER || !span_eq(SPAN(l.member_key.b), SPAN(m->cert.key.b)) ||
        !span_eq(SPAN(l.transcript.b), SPAN(hold->th3.b)))
        return sr_fail(why, SR_EPROOF, R_LOG_PROOF, "the leaf in M6 is not about this join");
    return SR_OK;
}

enum sr_err joiner_check_leaf(struct peer_link *peer, const char *members, const struct join_hold *hold,
                              const struct join_member *m, struct sr_why *why)
{
    struct sign_pub granter;
    struct merkle_proof proof;
    struct checkpoint cp;
    char cid[65], id[33], origin[160];
    SR_TRY(check_about_us(hold, m, why));
    SR_TRY(find_granter(peer, members, hold, &m->cert.granter, &granter, why));
    hex_text(SPAN(hold->cid.b), cid);
    hex_text(SPAN(m->cert.granter.b), id);
    snprintf(origin, sizeof origin, "sealring/%s/%s", cid, id);
    SR_TRY(checkpoint_open(m->checkpoint, origin, &granter, &cp, why));
    struct sha256 hash = merkle_leaf(m->leaf);
    if (merkle_proof_read(m->proof, &proof) != SR_OK ||
        merkle_check_inclusion(&proof, &hash, m->leaf_index, cp.size, &cp.root) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_LOG_PROOF, "our leaf is not in the granter's log");
    return SR_OK;
}

enum sr_err joiner_self_leaf(const struct node *n, const struct home *home, const struct join_hold *hold,
                             const struct join_member *m, uint64_t policy, struct buf *ret)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(home->epochs);
    struct leaf l = { .type = LEAF_MEMBER_SELF,
                      .time = clock_unix(),
                      .cid = home->cid,
                      .transcript = hold->th3,
                      .policy_number = policy,
                      .epoch_lo = keyring_oldest(now.e->keyring),
                      .epoch_hi = keyring_newest(now.e->keyring) };
    memcpy(l.member_key.b, m->cert.key.b, sizeof l.member_key.b);
    memcpy(l.granter, m->cert.granter.b, sizeof l.granter);
    memcpy(l.address, m->cert.address, strlen(m->cert.address));
    appraise_leaf(now.e->keyring, &n->self, &l);
    return leaf_encode(&l, ret);
}
