#include "node/policy_replay.h"

#include "store/keystore.h"

/* While past waits are counted again only the wall's clock is known; the other one is set in the end. */
#define BOOT_UNKNOWN UINT64_MAX

enum sr_err policy_row_read(struct keystore *ks, uint64_t number, struct policy_signed *ret,
                            uint64_t *ret_taken, struct sr_why *why)
{
    SR_OWN(keystore_item) item = { 0 };
    uint8_t b[8];
    for (size_t i = sizeof b; i-- > 0;)
        b[i] = (uint8_t)(number >> 8 * (sizeof b - 1 - i));
    const struct keystore_name name = { .table = KT_POLICY, .name = SPAN(b) };
    enum sr_err e = keystore_get(ks, &name, &item, why);
    if (e == SR_ENOENT)
        return sr_fail(why, SR_ENOENT, R_NOT_FOUND, "no such policy");
    SR_TRY(e);
    *ret_taken = item.created_at;
    return policy_signed_parse(secret_span(&item.value), ret, why);
}

/* No wait of a policy that was taken then can last until that time. */
static bool long_ago(uint64_t taken, uint64_t until)
{
    return taken < until && until - taken >= POLICY_DELAY_MOST;
}

/* The number to begin at: nothing from before it waited any more when the one after it was taken. */
static enum sr_err find_start(const struct policy_past *p, uint64_t now, uint64_t *ret, struct sr_why *why)
{
    uint64_t until = now, at = p->newest;
    for (; at > p->base; at--) {
        SR_OWN(policy_signed) s = { 0 };
        uint64_t taken = 0;
        SR_TRY(policy_row_read(p->ks, at, &s, &taken, why));
        if (long_ago(taken, until))
            break;
        until = taken;
    }
    *ret = at;
    return SR_OK;
}

static enum sr_err longest_before(const struct policy_past *p, uint64_t *ret, struct sr_why *why)
{
    *ret = 0;
    for (uint64_t at = p->oldest; at < p->base; at++) {
        SR_OWN(policy_signed) s = { 0 };
        uint64_t ignored = 0;
        SR_TRY(policy_row_read(p->ks, at, &s, &ignored, why));
        if (policy_join_delay(s.policy) > *ret)
            *ret = policy_join_delay(s.policy);
    }
    return SR_OK;
}

/* Those from before this member's time, all at the moment of its birth. */
static enum sr_err begin(const struct policy_past *p, uint64_t born, struct policy_waits *w,
                         struct sr_why *why)
{
    uint64_t seconds = 0;
    SR_TRY(longest_before(p, &seconds, why));
    for (uint64_t at = p->oldest; seconds > 0 && at < p->base; at++) {
        SR_OWN(policy_signed) s = { 0 };
        uint64_t ignored = 0;
        SR_TRY(policy_row_read(p->ks, at, &s, &ignored, why));
        policy_waits_past(w, s.policy, seconds, (struct policy_moment){ born, BOOT_UNKNOWN });
    }
    return SR_OK;
}

static enum sr_err go_on(const struct policy_past *p, uint64_t start, struct policy_waits *w,
                         struct sr_why *why)
{
    SR_OWN(policy_signed) before = { 0 };
    uint64_t taken = 0;
    SR_TRY(policy_row_read(p->ks, start, &before, &taken, why));
    if (start == p->base)
        SR_TRY(begin(p, taken, w, why));
    for (uint64_t at = start + 1; at <= p->newest; at++) {
        SR_OWN(policy_signed) next = { 0 };
        SR_TRY(policy_row_read(p->ks, at, &next, &taken, why));
        policy_waits_take(w, before.policy, next.policy, (struct policy_moment){ taken, BOOT_UNKNOWN });
        policy_signed_drop(&before);
        before = SR_TAKE(next);
    }
    return SR_OK;
}

/* What is left of it now has to pass on the other clock too. */
static void set_boot(struct policy_waits *w, struct policy_moment now)
{
    for (size_t i = 0; i < w->n; i++) {
        struct policy_moment *due = &w->v[i].due;
        uint64_t left = due->unix_s > now.unix_s ? due->unix_s - now.unix_s : 0;
        due->boot_ms = left < UINT32_MAX ? now.boot_ms + left * 1000 : UINT64_MAX;
    }
}

enum sr_err policy_replay(const struct policy_past *p, struct policy_moment now, struct policy_waits *ret,
                          struct sr_why *why)
{
    SR_OWN(policy_waits) w = { 0 };
    uint64_t start = 0;
    if (p->newest == 0)
        return SR_OK;
    SR_TRY(find_start(p, now.unix_s, &start, why));
    SR_TRY(go_on(p, start, &w, why));
    set_boot(&w, now);
    *ret = SR_TAKE(w);
    return SR_OK;
}
