/* Who has the next master, and the switch to it. */
#include "node/rotation_parts.h"

#include "node/clock.h"
#include "node/sync.h"
#include "proto/leaf.h"

/* Words in it of members that this policy does not expel: whoever gave one before its expulsion gave it in
 * vain. */
static size_t words(const struct muster *m, const struct policy *p)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n; i++)
        n += !policy_expels_key(p, &m->entry[i].cert.key);
    return n;
}

/* Members that are known and have not said it. */
static size_t silent(struct rotation *r, const struct muster *m, const struct policy *p)
{
    struct member_cert c;
    size_t n = 0;
    for (size_t i = 0; members_at(r->core->members, i, &c) == SR_OK; i++)
        n += c.epoch + 1 == m->next.epoch && !policy_expels_key(p, &c.key) && !muster_has(m, &c.key);
    return n;
}

struct rotation_tally rotation_count(struct rotation *r, const struct muster *m)
{
    SR_OWN(policy_hold) policy = policy_holder_get(r->core->policy);
    size_t held = words(m, policy.p), by_policy = policy_epoch_quorum(policy.p);
    return (struct rotation_tally){ held, by_policy ? by_policy : (held + silent(r, m, policy.p)) / 2 + 1 };
}

static bool quorum(struct rotation *r, const struct muster *m)
{
    struct rotation_tally t = rotation_count(r, m);
    return t.held >= t.need;
}

/* What we signed for last. */
struct said {
    uint64_t epoch; /* 0: nothing yet */
    struct sha256 link;
};

static enum sr_err read_said(struct rotation *r, struct said *ret, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    enum sr_err e = home_get(&r->core->home, SETTING_HELD, &b, why);
    if (e == SR_ENOENT)
        return SR_OK;
    SR_TRY(e);
    struct reader rd = rd_init(buf_span(&b));
    ret->epoch = rd_u64be(&rd);
    rd_copy(&rd, ret->link.b, sizeof ret->link.b);
    return rd_end(&rd) ? SR_OK : SR_EBUG;
}

/* Another link than the one that we signed for: only when a quorum holds it. */
static enum sr_err check_fork(struct rotation *r, const struct muster *m, struct sr_why *why)
{
    struct said said = { 0 };
    struct sha256 link = sha256(buf_span(&m->link));
    SR_TRY(read_said(r, &said, why));
    if (said.epoch != m->next.epoch || sha256_eq(&said.link, &link) || quorum(r, m))
        return SR_OK;
    return sr_fail(why, SR_EPROOF, R_EPOCH_FORK, "another master for epoch %llu is held here",
                   (unsigned long long)m->next.epoch);
}

/* Our certificate and, once for a link, what we are about to sign. */
static enum sr_err write_held(struct rotation *r, const struct muster *m, struct sr_why *why)
{
    SR_OWN(keystore_txn) txn = { 0 };
    SR_OWN(buf) b = { 0 };
    struct said said = { 0 };
    struct leaf l = { .type = LEAF_EPOCH_HELD,
                      .time = clock_unix(),
                      .epoch = m->next.epoch,
                      .commit = m->next.commit,
                      .link = sha256(buf_span(&m->link)) };
    SR_TRY(read_said(r, &said, why));
    if (said.epoch == m->next.epoch && sha256_eq(&said.link, &l.link))
        return rotation_store(r, &txn, NULL);
    wr_u64be(&b, m->next.epoch);
    wr_span(&b, SPAN(l.link.b));
    if (!buf_ok(&b))
        return SR_ENOMEM;
    home_put(&txn, SETTING_HELD, buf_span(&b));
    return rotation_store(r, &txn, &l);
}

static void publish(struct rotation *r, struct epochs *pending, struct muster m)
{
    SR_OWN(epochs_hold) __attribute__((unused)) old = { r->pending };
    SR_OWN(muster) __attribute__((unused)) other = r->muster;
    pthread_mutex_lock(&r->swap);
    r->pending = pending;
    r->muster = m;
    pthread_mutex_unlock(&r->swap);
}

void rotation_forget(struct rotation *r)
{
    publish(r, NULL, (struct muster){ 0 });
}

enum sr_err rotation_say_held(struct rotation *r, struct muster *m, struct sr_why *why)
{
    const struct home *h = &r->core->home;
    SR_TRY(check_fork(r, m, why));
    SR_TRY(write_held(r, m, why)); /* on disk before we sign that it is */
    SR_TRY(muster_say(m, buf_span(&r->next.cert), &h->member, &h->member_pub, why));
    rotation_log(r, "epoch-held", m->next.epoch);
    publish(r, epochs_hold_of(r->next.set).e, SR_TAKE(*m));
    sync_wake(r->node);
    return SR_OK;
}

enum sr_err rotation_settle(struct rotation *r, struct sr_why *why)
{
    SR_OWN(buf) proof = { 0 };
    if (!r->pending || !quorum(r, &r->muster))
        return SR_OK;
    SR_TRY(muster_encode(&r->muster, &proof));
    return rotation_switch(r, buf_span(&proof), why);
}

void rotation_review(struct rotation *r)
{
    struct sr_why why = { 0 };
    pthread_mutex_lock(&r->apply);
    enum sr_err e = rotation_settle(r, &why);
    rotation_show(r);
    pthread_mutex_unlock(&r->apply);
    if (e != SR_OK)
        log_refusal(&r->node->log, LOG_WARN, "epoch-refused", e, &why);
}

/* All that says which masters count, in one transaction with the leaf. */
static enum sr_err write_switch(struct rotation *r, const struct member_cert *cert, struct span muster)
{
    SR_OWN(keystore_txn) txn = { 0 };
    SR_OWN(buf) file = { 0 };
    SR_OWN(buf) leaf = { 0 };
    const struct next *n = &r->next;
    const struct epoch_pubs *p = epochs_newest(n->set);
    struct leaf l = { .type = LEAF_EPOCH_ACTIVE,
                      .time = clock_unix(),
                      .epoch = p->epoch,
                      .commit = p->commit,
                      .link = sha256(buf_span(&n->link)) };
    SR_TRY(home_genesis_file(&r->core->home, buf_span(&n->set->chain), &file));
    SR_TRY(leaf_encode(&l, &leaf));
    keystore_txn_clear(&txn, KC_GENESIS, buf_span(&file));
    if (n->sealed.blob.n) {
        keystore_txn_clear(&txn, KC_TPM_BLOB, buf_span(&n->sealed.blob));
        keystore_txn_clear(&txn, KC_MASTER_BUNDLE, buf_span(&n->sealed.bundle));
        keystore_txn_clear(&txn, KC_EPOCH_NEXT, (struct span){ 0 });
        keystore_txn_clear(&txn, KC_AHEAD, (struct span){ 0 }); /* of the masters before: to be sealed anew */
    }
    home_put(&txn, HOME_MEMBER_CERT, buf_span(&n->cert));
    home_put(&txn, SETTING_MUSTER, muster);
    members_put(&txn, cert, buf_span(&n->cert));
    return journal_submit(r->core->journal, &(struct journal_entry){ &txn, buf_span(&leaf) }, NULL);
}

static enum sr_err add_row_key(struct rotation *r, const struct epochs *set)
{
    struct keystore_epoch k = keyring_row_key(set->keyring);
    enum sr_err e = keystore_add_key(r->core->home.ks, &k);
    sodium_memzero(&k, sizeof k);
    return e;
}

static void take_over(struct rotation *r, struct span muster)
{
    SR_OWN(buf) proof = { 0 };
    wr_span(&proof, muster);
    epochs_holder_swap(r->core->home.epochs, epochs_hold_of(r->next.set).e);
    pthread_mutex_lock(&r->swap);
    struct buf before = r->active, cert = r->cert;
    r->active = SR_TAKE(proof);
    r->cert = SR_TAKE(r->next.cert);
    pthread_mutex_unlock(&r->swap);
    buf_drop(&before);
    buf_drop(&cert);
}

enum sr_err rotation_switch(struct rotation *r, struct span muster, struct sr_why *why)
{
    const struct epoch_pubs p = *epochs_newest(r->next.set);
    const struct home *h = &r->core->home;
    struct member_cert cert;
    SR_TRY(member_cert_check(buf_span(&r->next.cert), &h->cid, p.epoch, &p.member_ca, &cert, why));
    SR_TRY(write_switch(r, &cert, muster));
    SR_TRY(add_row_key(r, r->next.set));
    take_over(r, muster);
    members_learn(r->core->members, &cert);
    rotation_forget(r);
    next_drop(&r->next);
    rotation_log(r, "epoch-active", p.epoch);
    sync_wake(r->node);
    return SR_OK;
}

/* ---- what others say ---- */

static enum sr_err join_ours(struct rotation *r, const struct muster *m, enum rotation_verdict *ret,
                             struct sr_why *why)
{
    size_t added = 0;
    pthread_mutex_lock(&r->swap);
    enum sr_err e = muster_join(&r->muster, m, &added, why);
    pthread_mutex_unlock(&r->swap);
    SR_TRY(e);
    *ret = added ? ROTATION_JOINED : ROTATION_NOTHING;
    return rotation_settle(r, why);
}

static enum sr_err take_locked(struct rotation *r, struct span bytes, enum rotation_verdict *ret,
                               struct sr_why *why)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(r->core->home.epochs);
    SR_OWN(muster) m = { 0 };
    const struct approvers approvers = genesis_approvers(&r->core->home.genesis);
    const struct muster_of of = rotation_of(r, now.e, &approvers);
    uint64_t epoch;
    *ret = ROTATION_NOTHING;
    SR_TRY(muster_epoch(bytes, &epoch, why));
    if (epoch != now.e->n + 1) /* over, or not ours to judge yet */
        return SR_OK;
    SR_TRY(muster_read(bytes, &of, &m, why));
    if (r->pending && sha256_eq(&m.id, &r->muster.id))
        return join_ours(r, &m, ret, why);
    SR_TRY(check_fork(r, &m, why));
    *ret = ROTATION_PULL;
    return SR_OK;
}

enum sr_err rotation_take(struct rotation *r, struct span muster, enum rotation_verdict *ret,
                          struct sr_why *why)
{
    pthread_mutex_lock(&r->apply);
    enum sr_err e = take_locked(r, muster, ret, why);
    rotation_show(r);
    pthread_mutex_unlock(&r->apply);
    return e;
}
