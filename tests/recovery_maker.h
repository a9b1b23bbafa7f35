#pragma once
/* recovery_maker.h - a recovery set of recorded randomness, the same as tests/vectors-src/recovery.py makes.
 */
#include "proto/recovery.h"
#include "tests/handshake.h"

#include <stdlib.h>

enum { MAKER_HOLDERS = 3, MAKER_T = 2 };

struct recovery_maker {
    struct sha256 cid;
    struct holder_set holders;
    struct kem_key holder[MAKER_HOLDERS]; /* in the order of the set */
    struct recovery_of of;
    struct key master;
    struct epoch_pubs epoch;
    struct recovery_rand rand;
    struct recovery_set set;
};

static inline void fill_n(void *out, size_t n, const char *name, unsigned i)
{
    char text[32];
    snprintf(text, sizeof text, "%s %u", name, i);
    fill(out, n, text);
}

static inline int by_pub(const void *a, const void *b)
{
    struct kem_pub x, y;
    kem_pub_of(a, &x);
    kem_pub_of(b, &y);
    return memcmp(&x, &y, sizeof x);
}

static inline void make_holders(struct recovery_maker *m)
{
    for (unsigned i = 0; i < MAKER_HOLDERS; i++)
        fill_n(&m->holder[i], sizeof m->holder[i], "holder", i);
    qsort(m->holder, MAKER_HOLDERS, sizeof m->holder[0], by_pub);
    for (unsigned i = 0; i < MAKER_HOLDERS; i++)
        kem_pub_of(&m->holder[i], &m->holders.key[i]);
    m->holders.n = MAKER_HOLDERS;
    m->holders.t = MAKER_T;
}

/* cid and epoch are m's; another name is another drawing. */
static inline void draw_set(struct recovery_maker *m, const char *name)
{
    fill(&m->rand.key, sizeof m->rand.key, name);
    for (unsigned i = 0; i < SHARE_MOST - 1; i++)
        fill_n(m->rand.rows.b[i], sizeof m->rand.rows.b[i], "row", i);
    for (unsigned i = 0; i < RECOVERY_HOLDERS_MAX; i++)
        fill_n(&m->rand.eph[i], sizeof m->rand.eph[i], "eph", i);
    fill(&m->rand.master_eph, sizeof m->rand.master_eph, "eph master");
    m->of = (struct recovery_of){ &m->cid, &m->holders };
    T(recovery_make(&m->of, &m->master, &m->epoch, &m->rand, &m->set, NULL) == SR_OK);
}

static inline void make_recovery(struct recovery_maker *m)
{
    *m = (struct recovery_maker){ .epoch.epoch = 1 };
    fill(&m->cid, sizeof m->cid, "cid");
    fill(&m->master, sizeof m->master, "master");
    fill(&m->epoch.commit, sizeof m->epoch.commit, "commit");
    make_holders(m);
    draw_set(m, "recovery key");
}
