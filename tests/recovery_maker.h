#pragma once
/* recovery_maker.h - a recovery set of recorded randomness, the same as tests/vectors-src/recovery.py makes.
 */
#include "proto/recovery.h"
#include "tests/handshake.h"
#include "tests/hex.h"
#include "tests/holder_keys.inc"

#include <stdlib.h>

enum { MAKER_HOLDERS = 3, MAKER_T = 2 };

struct recovery_maker {
    struct sha256 cid;
    struct holder_set holders;
    struct holder_secret holder[MAKER_HOLDERS]; /* in the order of the set */
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
    struct holder x, y;
    T(holder_secret_pub(a, &x) == SR_OK && holder_secret_pub(b, &y) == SR_OK);
    return holder_cmp(&x, &y);
}

static inline void recovery_maker_drop(struct recovery_maker *m)
{
    for (size_t i = 0; i < MAKER_HOLDERS; i++)
        holder_secret_drop(&m->holder[i]);
}

/* hex: of tests/holder_keys.inc. The caller drops it. */
static inline void make_rsa_holder(const char *hex, struct holder_secret *ret)
{
    SR_OWN(buf) der = { 0 };
    *ret = (struct holder_secret){ .kind = HOLDER_SECRET_RSA };
    T(rsa_key_read(unhex(&der, hex), &ret->rsa) == SR_OK);
}

static inline void make_holders(struct recovery_maker *m)
{
    for (unsigned i = 0; i < MAKER_HOLDERS; i++) {
        m->holder[i].kind = HOLDER_SECRET_X25519;
        fill_n(&m->holder[i].x25519, sizeof m->holder[i].x25519, "holder", i);
    }
    qsort(m->holder, MAKER_HOLDERS, sizeof m->holder[0], by_pub);
    for (unsigned i = 0; i < MAKER_HOLDERS; i++)
        T(holder_secret_pub(&m->holder[i], &m->holders.v[i]) == SR_OK);
    m->holders.n = MAKER_HOLDERS;
    m->holders.t = MAKER_T;
}

/* cid and epoch are m's; another name is another drawing. */
static inline void draw_set(struct recovery_maker *m, const char *name)
{
    fill(&m->rand.key, sizeof m->rand.key, name);
    for (unsigned i = 0; i < SHARE_MOST - 1; i++)
        fill_n(m->rand.rows.b[i], sizeof m->rand.rows.b[i], "row", i);
    for (unsigned i = 0; i < HOLDERS_MAX; i++)
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

/* The last holder has an RSA key: it stands behind the others. */
static inline void make_mixed_recovery(struct recovery_maker *m)
{
    make_recovery(m);
    make_rsa_holder(key_rsa_2048, &m->holder[MAKER_HOLDERS - 1]);
    T(holder_secret_pub(&m->holder[MAKER_HOLDERS - 1], &m->holders.v[MAKER_HOLDERS - 1]) == SR_OK);
    draw_set(m, "recovery key");
}
