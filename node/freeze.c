#include "node/freeze.h"

#include "node/clock.h"
#include "node/core.h"

#include <string.h>

#define SETTING_FROZEN "join-frozen"

enum sr_err freeze_load(struct core *c, struct sr_why *why)
{
    SR_OWN(buf) value = { 0 };
    enum sr_err e = home_get(&c->home, SETTING_FROZEN, &value, why);
    if (e == SR_ENOENT)
        return SR_OK;
    SR_TRY(e);
    atomic_store(&c->frozen, !span_eq(buf_span(&value), SPAN_STR("off")));
    return SR_OK;
}

static enum sr_err write_down(struct core *c, bool on)
{
    SR_OWN(keystore_txn) txn = { 0 };
    SR_OWN(buf) leaf = { 0 };
    struct leaf l = { .type = LEAF_FREEZE, .time = clock_unix() };
    strcpy(l.step, on ? "freeze" : "thaw");
    home_put(&txn, SETTING_FROZEN, on ? SPAN_STR("on") : SPAN_STR("off"));
    SR_TRY(leaf_encode(&l, &leaf));
    return journal_submit(c->journal, &(struct journal_entry){ &txn, buf_span(&leaf) }, NULL);
}

enum sr_err freeze_turn(struct core *c, bool on, struct sr_why *why)
{
    if (atomic_exchange(&c->frozen, true) == on && on)
        return SR_OK;
    enum sr_err e = write_down(c, on);
    if (e != SR_OK)
        return sr_fail(why, e, R_NOT_READY, "the log does not take the entry: joins stay frozen");
    atomic_store(&c->frozen, on);
    return SR_OK;
}

bool freeze_is_on(const struct core *c)
{
    return atomic_load(&c->frozen);
}
