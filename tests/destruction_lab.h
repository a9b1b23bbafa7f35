#pragma once
/* destruction_lab.h - members that reach each other (rotation_ring.h), under operators who destroy masters.
 */
#include "node/destruction.h"
#include "node/secrets.h"
#include "tests/attacks/governed.h"
#include "tests/rotation_ring.h"

static inline const struct keyring *masters_of(const struct rotator *m)
{
    return maker_keyring(&m->r->core->home);
}

/* The next version of demo:app/x, sealed to that epoch, at the first member. */
static inline enum sr_err put(struct rotation_ring *l, uint64_t epoch, struct sr_why *why)
{
    const struct running *op = ring_operator(l);
    struct core *c = l->m[0].r->core;
    const struct epochs *e = maker_epochs_of(&c->home);
    SR_OWN(policy_hold) now = policy_holder_get(c->policy);
    SR_OWN(kem_key) eph = { 0 };
    SR_OWN(buf) bytes = { 0 };
    struct secrets_newest have;
    struct package_stored done;
    struct package p = { .cid = c->home.cid, .epoch = epoch, .created = 1, .kind = PACKAGE_VALUE };
    const struct package_keys keys = { &e->pub[epoch - 1].network, &eph, &op->admin, &op->admin_pub };
    T(secrets_newest(c->secrets, SPAN_STR("demo"), SPAN_STR("app/x"), &have, why) == SR_OK);
    strcpy(p.tenant, "demo");
    strcpy(p.path, "app/x");
    p.version = have.there ? have.version + 1 : 1;
    p.prev = have.hash;
    random_fill(eph.b, sizeof eph.b);
    T_ROW(package_make(&p, SPAN_STR("value"), &keys, &bytes, why) == SR_OK, why->text);
    return secrets_take(c->secrets, now.p, buf_span(&bytes), FROM_TENANT, &done, why);
}

/* What the thread that keeps in touch does between two pauses. */
static inline void round_at(struct rotator *m)
{
    struct sr_why why = { 0 };
    size_t left = 1;
    while (left)
        T(keystore_rewrap(m->r->core->home.ks, 64, &left) == SR_OK);
    T_ROW(destruction_round(&m->r->node, m->r->core, &why) == SR_OK, why.text);
}

static inline void rounds(struct rotation_ring *l)
{
    for (int i = 0; i < 2; i++)
        ring_round(l);
    for (size_t i = 0; i < l->n; i++)
        if (l->m[i].http)
            round_at(&l->m[i]);
}

static inline void rotate(struct rotation_ring *l)
{
    struct sr_why why = { 0 };
    T_ROW(ring_link(l, 0, &why) == SR_OK, why.text);
    for (int i = 0; i < 2; i++)
        ring_round(l);
}

static inline void destroy_before(struct rotation_ring *l, const char *epoch)
{
    governed_by(l->m[0].r, "min_epoch", epoch);
    governed_by(l->m[0].r, "destroy_before", epoch);
}
