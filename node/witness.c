#include "node/witness.h"

#include "crypto/text.h"
#include "node/clock.h"
#include "node/node.h"
#include "proto/log.h"

#include <string.h>

enum { AGAIN_S = 60 }; /* a checkpoint that comes again within that time costs the disk nothing */
enum { TRIES = 64 };   /* each one lost to another request for the same log that was stored */

static struct keystore_name row_name(const struct sign_pub *member)
{
    return (struct keystore_name){ .table = KT_PEER, .name = SPAN(member->b) };
}

static bool is_head(const struct policy_head *h, const struct checkpoint *c)
{
    return h->size == c->size && sha256_eq(&h->root, &c->root);
}

/* Operators say which of two histories counts, by one of the heads that were seen. */
static enum sr_err settle(struct core *c, const struct sign_pub *member, struct witness_row *row)
{
    SR_OWN(policy_hold) now = policy_holder_get(c->policy);
    struct member_id id = member_id_of(member);
    const struct policy_head *h = now.p ? policy_head(now.p, id.b) : NULL;
    struct checkpoint have = { .size = row->state.size, .root = row->state.root }, other = { 0 };
    const uint8_t *gap = row->other.n ? memmem(row->other.p, row->other.n, "\n\n", 2) : NULL;
    if (!row->state.forked || !h || !gap)
        return SR_OK;
    SR_TRY(checkpoint_read((struct span){ row->other.p, (size_t)(gap - row->other.p) + 1 }, &other));
    if (is_head(h, &other)) {
        row->state.size = other.size;
        row->state.root = other.root;
        buf_drop(&row->note);
        row->note = SR_TAKE(row->other);
    } else if (!is_head(h, &have))
        return SR_OK;
    buf_drop(&row->other);
    row->state.forked = false;
    row->settled = true;
    return SR_OK;
}

enum sr_err witness_recall(struct core *c, const struct sign_pub *member, struct witness_row *ret,
                           uint64_t *ret_seq, struct sr_why *why)
{
    struct keystore_name name = row_name(member);
    struct keystore_item item = { 0 };
    *ret = (struct witness_row){ 0 };
    *ret_seq = 0;
    enum sr_err e = keystore_get(c->home.ks, &name, &item, why);
    if (e == SR_ENOENT)
        return SR_OK;
    SR_TRY(e);
    *ret_seq = item.seq;
    e = witness_row_read(secret_span(&item.value), ret);
    keystore_item_drop(&item);
    if (e == SR_OK)
        e = settle(c, member, ret);
    return e == SR_OK ? e : sr_fail(why, e, R_STORE_TAMPERED, "witness: a row that was not written here");
}

static enum sr_err count_fork(void *ctx, const struct keystore_name *name, const struct keystore_item *item)
{
    SR_OWN(witness_row) row = { 0 };
    struct core *c = ctx;
    struct sign_pub member;
    if (name->name.n != sizeof member)
        return SR_EPROOF;
    memcpy(&member, name->name.p, sizeof member);
    SR_TRY(witness_row_read(secret_span(&item->value), &row));
    SR_TRY(settle(c, &member, &row));
    c->forks += row.state.forked;
    return SR_OK;
}

enum sr_err witness_load(struct core *c, struct sr_why *why)
{
    return keystore_list(c->home.ks, KT_PEER, count_fork, c, why);
}

enum sr_err witness_member(struct core *c, const char *origin, struct member_cert *ret, struct sr_why *why)
{
    SR_OWN(policy_hold) now = policy_holder_get(c->policy);
    for (size_t i = 0; members_at(c->members, i, ret) == SR_OK; i++) {
        SR_OWN(buf) name = { 0 };
        struct member_id id = member_id_of(&ret->key);
        log_origin(&c->home.cid, id.b, &name);
        if (span_eq(buf_span(&name), span_of(origin)) && memcmp(&id, &c->home.id, sizeof id) != 0 &&
            members_counts(now.p, ret))
            return SR_OK;
    }
    return sr_fail(why, SR_ENOENT, R_NOT_FOUND, "witness: not the log of another member");
}

/* ---- one request */

struct taking {
    struct node *n;
    struct core *c;
    const struct witness_boot *boot;
    struct witness_request q;
    struct member_cert member;
    struct checkpoint c1; /* the one submitted */
    struct witness_row have;
    uint64_t seq; /* of the row as it was judged */
};

static void taking_drop(struct taking *t)
{
    witness_row_drop(&t->have);
}

/* Whose log the note claims to be of, before anything is verified. */
static enum sr_err claimed(struct span note, char ret[NOTE_NAME_MAX + 1], struct sr_why *why)
{
    const uint8_t *end = memchr(note.p, '\n', note.n);
    size_t n = end ? (size_t)(end - note.p) : SIZE_MAX;
    if (n > NOTE_NAME_MAX || memchr(note.p, '\0', n))
        return sr_fail(why, SR_EFORMAT, R_NOTE_FORMAT, "witness: no origin");
    memcpy(ret, note.p, n);
    ret[n] = '\0';
    return SR_OK;
}

static enum sr_err open_request(struct taking *t, struct span request, struct sr_why *why)
{
    char origin[NOTE_NAME_MAX + 1] = "";
    if (witness_request_read(request, &t->q) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "witness: not a request to cosign");
    SR_TRY(claimed(t->q.note, origin, why));
    SR_TRY(witness_member(t->c, origin, &t->member, why));
    SR_TRY(checkpoint_open(t->q.note, origin, &t->member.key, &t->c1, why));
    return t->boot->known ? witness_boot_check(origin, t->boot, request, &t->member.key, why) : SR_OK;
}

static enum sr_err put(const struct taking *t, struct keystore_txn *txn)
{
    SR_OWN(buf) b = { 0 };
    struct keystore_name name = row_name(&t->member.key);
    witness_row_write(&t->have, &b);
    if (!buf_ok(&b))
        return SR_ENOMEM;
    keystore_txn_expect(txn, &name, t->seq);
    keystore_txn_put(txn, &name, t->have.state.size, clock_unix(), buf_span(&b));
    return SR_OK;
}

static void keep(struct buf *to, struct span note)
{
    buf_drop(to);
    wr_span(to, note);
}

/* The row alone: a leaf for each cosignature would be another checkpoint to cosign, for ever. */
static enum sr_err store(struct taking *t)
{
    SR_OWN(keystore_txn) txn = { 0 };
    struct keystore_txn *const txns[] = { &txn };
    enum sr_err result = SR_OK;
    struct witness_state *s = &t->have.state;
    uint64_t now = clock_unix();
    s->size = t->c1.size;
    s->root = t->c1.root;
    s->time = now > s->time ? now : s->time;
    if (t->boot->known) {
        s->start = t->boot->start;
        memcpy(s->boot, t->boot->id, sizeof s->boot);
    }
    keep(&t->have.note, t->q.note);
    SR_TRY(put(t, &txn));
    SR_TRY(keystore_commit(t->c->home.ks, &(struct keystore_group){ txns, &result, 1, NULL, NULL }, NULL));
    if (result == SR_OK && t->have.settled)
        t->c->forks--;
    return result;
}

static void say_fork(const struct taking *t, const struct member_id *id)
{
    struct logline l = log_start(&t->n->log, LOG_ERROR, "fork-seen");
    log_hex(&l, "member", SPAN(id->b));
    log_num(&l, "size", t->have.state.size);
    log_hex(&l, "root", SPAN(t->have.state.root.b));
    log_num(&l, "other_size", t->c1.size);
    log_hex(&l, "other_root", SPAN(t->c1.root.b));
    log_end(&l);
    metrics_add(&t->n->metrics, M_FORKS, 1);
}

/* Both notes are kept: together they are the proof. */
static enum sr_err remember_fork(struct taking *t)
{
    SR_OWN(keystore_txn) txn = { 0 };
    SR_OWN(buf) leaf = { 0 };
    struct member_id id = member_id_of(&t->member.key);
    struct leaf l = { .type = LEAF_FORK,
                      .time = clock_unix(),
                      .size = t->have.state.size,
                      .head = t->have.state.root,
                      .other_size = t->c1.size,
                      .other_head = t->c1.root };
    memcpy(l.member, id.b, sizeof l.member);
    t->have.state.forked = true;
    keep(&t->have.other, t->q.note);
    SR_TRY(put(t, &txn));
    SR_TRY(leaf_encode(&l, &leaf));
    SR_TRY(journal_submit(t->c->journal, &(struct journal_entry){ &txn, buf_span(&leaf) }, NULL));
    t->c->forks++;
    say_fork(t, &id);
    return SR_OK;
}

/* Of a log that operators have looked at, what contradicts their word is refused and not written down again.
 */
static bool is_settled(const struct taking *t)
{
    SR_OWN(policy_hold) now = policy_holder_get(t->c->policy);
    struct member_id id = member_id_of(&t->member.key);
    return now.p && policy_head(now.p, id.b) != NULL;
}

/* A bad proof alone shows nothing: anybody can put one beside a true checkpoint. From the member itself,
 * which signed the request, it does: its log is another than the one we cosigned. */
static bool is_fork(const struct taking *t, enum sr_err e, const struct sr_why *why)
{
    return (e == SR_ESTALE && why->reason == R_LOG_FORK) ||
           (e == SR_EPROOF && why->reason == R_WITNESS_PROOF && t->boot->known);
}

/* Checkpoints are public: who has one may send it as often as it likes. It gets the same line again. */
static bool is_there(const struct taking *t)
{
    const struct witness_state *have = &t->have.state;
    bool boot = !t->boot->known || memcmp(t->boot->id, have->boot, sizeof have->boot) == 0;
    return t->c1.size == have->size && have->size > 0 && boot && !t->have.settled &&
           clock_unix() < have->time + AGAIN_S;
}

/* SR_ESTALE with R_NONE: somebody else's request was stored meanwhile. */
static enum sr_err take_once(struct taking *t, uint64_t *ret_size, struct sr_why *why)
{
    struct sr_why verdict = { 0 };
    witness_row_drop(&t->have);
    SR_TRY(witness_recall(t->c, &t->member.key, &t->have, &t->seq, why));
    *ret_size = t->have.state.size;
    SR_TRY(witness_judge_boot(&t->have.state, t->boot, &t->c1, why));
    enum sr_err e = witness_judge(&t->have.state, &t->q, &t->c1, &verdict);
    if (e == SR_OK)
        return is_there(t) ? SR_OK : store(t);
    if (is_fork(t, e, &verdict) && !is_settled(t))
        SR_TRY(remember_fork(t));
    *why = verdict;
    return e;
}

enum sr_err witness_take(struct node *n, struct core *c, struct span request, const struct witness_boot *boot,
                         struct buf *ret, uint64_t *ret_size, struct sr_why *why)
{
    SR_OWN(taking) t = { .n = n, .c = c, .boot = boot };
    SR_OWN(buf) body = { 0 };
    SR_OWN(buf) name = { 0 };
    SR_TRY(open_request(&t, request, why));
    enum sr_err e = SR_ESTALE;
    for (int i = 0; i < TRIES && e == SR_ESTALE && why->reason == R_NONE; i++)
        e = take_once(&t, ret_size, why);
    if (e == SR_ESTALE && why->reason == R_NONE)
        return sr_fail(why, SR_EBUSY, R_BUSY, "witness: too many requests for one log");
    SR_TRY(e);
    checkpoint_write(&t.c1, &body);
    log_origin(&c->home.cid, c->home.id.b, &name);
    wr_u8(&name, '\0');
    if (!buf_ok(&body) || !buf_ok(&name))
        return SR_ENOMEM;
    note_cosign(buf_span(&body), (const char *)name.p, &c->home.member, &c->home.member_pub,
                t.have.state.time, ret);
    metrics_add(&n->metrics, M_COSIGNED, 1);
    return SR_OK;
}
