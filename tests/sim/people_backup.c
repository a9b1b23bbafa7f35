/* people_backup.c - backups, and operators who accept that a machine goes on from one: what restore.c lays
 * out as a state-dir, onto the simulated disk. */
#include "crypto/text.h"
#include "node/backup_file.h"
#include "node/clock.h"
#include "proto/loss.h"
#include "store/keystore.h"
#include "tests/sim/disk.h"
#include "tests/sim/events.h"
#include "tests/sim/oracle_backup.h"
#include "tests/sim/oracle_members.h"

#include <string.h>

enum { SECOND = 1000 * 1000, REFUSED_S = 60, HOUR = 3600 };

/* One machine goes on from a backup of its own. */
struct restoring {
    struct host *m;
    const struct kept_backup *from;
    size_t signers;
};

static void need(enum sr_err e, const char *what, const struct sr_why *why)
{
    if (e != SR_OK)
        violated("harness", "%s: %s", what, why->text);
}

static void statement(const struct restoring *r, const struct backup *b, struct buf *ret)
{
    struct world *w = world();
    SR_OWN(loss_signed) s = { 0 };
    struct sr_why why = { 0 };
    struct loss l = { .cid = b->m.cid,
                      .member = member_id_of(&b->m.member),
                      .size = b->head.size,
                      .root = b->head.root,
                      .time = clock_unix() };
    l.until = l.time + (uint64_t)24 * HOUR;
    snprintf(l.reason, sizeof l.reason, "the disk broke");
    need(loss_make(&l, &s, &why), "a statement", &why);
    for (size_t i = 0; i < r->signers; i++)
        need(loss_sign(&s, &w->operator[i], &w->operator_pub[i], &why), "a statement", &why);
    loss_write(&s, ret);
    oracle_accepted(r->m, &(struct accepted){ r->signers, sha256(buf_span(ret)), l.member, l.size });
}

/* On the machine, with no process there. */
static void *lays_out(void *arg)
{
    const struct restoring *r = arg;
    SR_OWN(backup) b = { 0 };
    SR_OWN(buf) text = { 0 };
    struct sr_why why = { 0 };
    struct store *s = NULL;
    need(store_open("sqlite:store.db", &s, &why), "a store", &why);
    need(backup_file_load(r->from->path, s, &b, &why), "a backup", &why);
    statement(r, &b, &text);
    need(keystore_clear_put(s, KC_LOSS, buf_span(&text)), "a statement", &why);
    store_close(s);
    return NULL;
}

static void restore(struct restoring *r)
{
    struct host *m = r->m;
    trace(OPERATOR, "restores m%d from a backup of %llu leaves, by the word of %zu", m->id,
          (unsigned long long)r->from->size, r->signers);
    host_crash(m);
    m->restoring = true;
    disk_set(m->disk, DISK_GOOD, 1000);
    disk_empty(m->disk);
    (void)fiber_join(fiber_start(m->id, lays_out, r));
    m->restoring = false;
    m->lost = true;
    m->rolled = false;
    oracle_back(m);
}

/* Too few operators: it starts, and ends again without having written a leaf. */
static void is_refused(struct restoring *r)
{
    struct host *m = r->m;
    uint64_t until = fiber_now() + (uint64_t)REFUSED_S * SECOND;
    m->refuses = true;
    host_start(m);
    while (m->up && !host_is_member(m) && fiber_now() < until)
        fiber_sleep(SECOND / 10);
    if (host_is_member(m))
        violated("restored_word", "m%d goes on from a backup by the word of %zu operators", m->id,
                 r->signers);
    host_crash(m);
    m->refuses = false;
}

void event_backup(struct host *m, uint64_t b)
{
    (void)b;
    event_root_posts(event_one_up(m), "/sealring/v1/admin/backup");
}

void event_restore(struct host *m, uint64_t b)
{
    struct world *w = world();
    for (size_t i = 0; i < w->n && !oracle_backup_of(m, b); i++)
        m = &w->m[((size_t)m->id + 1) % w->n];
    struct restoring r = { m, oracle_backup_of(m, b), OPERATORS_K };
    if (!r.from || !event_others_remain(m) || oracle_is_out(m))
        return;
    if (b / 8 % 4 == 0) {
        r.signers = OPERATORS_K - 1;
        restore(&r);
        is_refused(&r);
        r.signers = OPERATORS_K;
    }
    restore(&r);
    if (b / 32 % 4)
        host_start(m);
}
