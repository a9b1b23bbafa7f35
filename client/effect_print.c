#include "client/effect_print.h"

#include "crypto/text.h"

#include <string.h>

/* ---- what is known of one subject ---- */

struct standing {
    enum sr_reason before, after; /* R_NONE: may join */
};

static enum sr_reason asks_to_join(const struct policy *p, const struct claims *c, const struct claims *self)
{
    struct sr_why why = { 0 };
    return policy_join(p, c, self, NULL, &why) == SR_OK ? R_NONE : why.reason;
}

static struct standing standing_of(const struct policy *before, const struct policy *after,
                                   const struct claims *c, const struct claims *self)
{
    return (struct standing){ asks_to_join(before, c, self), asks_to_join(after, c, self) };
}

static bool newly(const struct standing *s)
{
    return s->before != R_NONE && s->after == R_NONE;
}

static enum policy_lists listed(const struct policy *p, const struct effect_measurement *m,
                                const struct effect_input *in)
{
    return policy_lists_measurement(p, &m->hash, &in->self_measurement);
}

static const char *listed_word(enum policy_lists l)
{
    switch (l) {
    case POLICY_LISTED: return "listed";
    case POLICY_UNLISTED: return "not-listed";
    case POLICY_SILENT: return "no-rule-says";
    }
    return "?";
}

/* ---- in words ---- */

struct words {
    struct buf *b;
    uint64_t delay;
    size_t n; /* changes told */
    const char *sign;
};

static void say_span(struct buf *b, const char *before, struct span s)
{
    wr_text(b, before);
    wr_span(b, s);
}

static void say_change(void *ctx, const struct policy_change *c)
{
    static const char signs[] = { [CHANGE_ADDED] = '+', [CHANGE_REMOVED] = '-', [CHANGE_CHANGED] = '~' };
    struct words *w = ctx;
    w->n++;
    wr_fmt(w->b, "%c ", signs[c->kind]);
    wr_span(w->b, c->member);
    if (c->name.n)
        say_span(w->b, " ", c->name);
    if (c->waits)
        wr_fmt(w->b, "   (counts %llu s after a member has it)", (unsigned long long)w->delay);
    if (c->before.n)
        say_span(w->b, "\n    is      ", c->before);
    if (c->after.n)
        say_span(w->b, "\n    will be ", c->after);
    wr_text(w->b, "\n");
}

static void say_gift(void *ctx, const struct policy_gift *g)
{
    struct words *w = ctx;
    say_span(w->b, w->sign, g->tenant);
    say_span(w->b, ":", g->keys);
    wr_fmt(w->b, " %s%s\n", policy_usage_name(g->usage), g->denied ? " (denied)" : "");
}

static const char *join_word(enum sr_reason r)
{
    return r == R_NONE ? "may join" : sr_reason_text(r);
}

static void say_subject(struct words *w, const struct policy *before, const struct policy *after,
                        const struct effect_subject *s, const struct claims *self)
{
    const struct policy_asker who = { s->claims, self };
    struct standing j = standing_of(before, after, s->claims, self);
    wr_fmt(w->b, "%s: join: %s", s->label, join_word(j.before));
    if (j.before != j.after)
        wr_fmt(w->b, " -> %s", join_word(j.after));
    if (newly(&j) && w->delay)
        wr_fmt(w->b, ", %llu s after a member has it", (unsigned long long)w->delay);
    wr_text(w->b, "\n");
    w->sign = "  gains ";
    policy_gifts_beyond(after, before, &who, say_gift, w);
    w->sign = "  loses ";
    policy_gifts_beyond(before, after, &who, say_gift, w);
}

static void say_measurement(struct words *w, const struct policy *before, const struct policy *after,
                            const struct effect_input *in, size_t i)
{
    const struct effect_measurement *m = &in->measurements[i];
    enum policy_lists was = listed(before, m, in), will = listed(after, m, in);
    wr_text(w->b, "measurement ");
    wr_hex(w->b, SPAN(m->hash.b));
    wr_fmt(w->b, " (%llu log entries): %s", (unsigned long long)m->leaves, listed_word(was));
    if (was != will)
        wr_fmt(w->b, " -> %s", listed_word(will));
    wr_text(w->b, "\n");
}

/* No network has more epochs than that, whatever a policy names. */
static uint64_t end_of_destroyed(const struct policy *after)
{
    uint64_t end = policy_destroy_before(after);
    return end < EPOCHS_MAX + 1 ? end : EPOCHS_MAX + 1;
}

/* What nobody has afterwards, whoever asks. */
static void say_destroyed(struct buf *b, const struct policy *before, const struct policy *after,
                          const struct effect_input *in)
{
    for (uint64_t e = policy_destroy_before(before); e < end_of_destroyed(after); e++) {
        wr_fmt(b, "destroys for good: epoch %llu, derived keys of version %llu", (unsigned long long)e,
               (unsigned long long)e);
        if (in->sealed[e - 1])
            wr_fmt(b, "; waits until %llu secrets sealed to it are put again",
                   (unsigned long long)in->sealed[e - 1]);
        wr_text(b, "\n");
    }
}

enum sr_err effect_text(const struct policy *before, const struct policy *after,
                        const struct effect_input *in, struct buf *ret)
{
    struct words w = { .b = ret, .delay = policy_join_delay(before) };
    wr_fmt(ret, "from policy number %llu to %llu\n", (unsigned long long)policy_number(before),
           (unsigned long long)policy_number(after));
    SR_TRY(policy_changes(before, after, say_change, &w));
    if (w.n == 0)
        wr_text(ret, "nothing changes but the number\n");
    say_destroyed(ret, before, after, in);
    for (size_t i = 0; i < in->n; i++)
        say_subject(&w, before, after, &in->v[i], in->self);
    for (size_t i = 0; i < in->measurements_n; i++)
        say_measurement(&w, before, after, in, i);
    if (in->away)
        wr_fmt(ret, "%zu members or logs could not be read\n", in->away);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

/* ---- as JSON ---- */

static void put_change(void *ctx, const struct policy_change *c)
{
    static const char *const names[] = {
        [CHANGE_ADDED] = "added", [CHANGE_REMOVED] = "removed", [CHANGE_CHANGED] = "changed"
    };
    struct words *w = ctx;
    jw_object(w->b);
    if (c->after.n) {
        jw_name(w->b, "after");
        jw_raw(w->b, c->after);
    }
    if (c->before.n) {
        jw_name(w->b, "before");
        jw_raw(w->b, c->before);
    }
    jw_member_text(w->b, "change", names[c->kind]);
    jw_member_str(w->b, "member", c->member);
    if (c->name.n)
        jw_member_str(w->b, "name", c->name);
    jw_member_bool(w->b, "waits", c->waits);
    jw_object_end(w->b);
}

static void put_gift(void *ctx, const struct policy_gift *g)
{
    struct words *w = ctx;
    jw_object(w->b);
    jw_member_bool(w->b, "denied", g->denied);
    jw_member_str(w->b, "keys", g->keys);
    jw_member_str(w->b, "tenant", g->tenant);
    jw_member_text(w->b, "usage", policy_usage_name(g->usage));
    jw_object_end(w->b);
}

static void put_subject(struct words *w, const struct policy *before, const struct policy *after,
                        const struct effect_subject *s, const struct claims *self)
{
    const struct policy_asker who = { s->claims, self };
    struct standing j = standing_of(before, after, s->claims, self);
    jw_object(w->b);
    jw_name(w->b, "gains");
    jw_array(w->b);
    policy_gifts_beyond(after, before, &who, put_gift, w);
    jw_array_end(w->b);
    jw_member_text(w->b, "join_after", sr_reason_text(j.after));
    jw_member_text(w->b, "join_before", sr_reason_text(j.before));
    jw_name(w->b, "loses");
    jw_array(w->b);
    policy_gifts_beyond(before, after, &who, put_gift, w);
    jw_array_end(w->b);
    jw_member_bool(w->b, "waits", newly(&j) && w->delay);
    jw_member_text(w->b, "who", s->label);
    jw_object_end(w->b);
}

static void put_measurements(struct buf *b, const struct policy *before, const struct policy *after,
                             const struct effect_input *in)
{
    jw_name(b, "measurements");
    jw_array(b);
    for (size_t i = 0; i < in->measurements_n; i++) {
        const struct effect_measurement *m = &in->measurements[i];
        jw_object(b);
        jw_member_text(b, "after", listed_word(listed(after, m, in)));
        jw_member_text(b, "before", listed_word(listed(before, m, in)));
        jw_member_u64(b, "leaves", m->leaves);
        jw_member_hex(b, "measurement", SPAN(m->hash.b));
        jw_object_end(b);
    }
    jw_array_end(b);
}

static void put_destroyed(struct buf *b, const struct policy *before, const struct policy *after,
                          const struct effect_input *in)
{
    jw_name(b, "destroys");
    jw_array(b);
    for (uint64_t e = policy_destroy_before(before); e < end_of_destroyed(after); e++) {
        jw_object(b);
        jw_member_u64(b, "epoch", e);
        jw_member_u64(b, "packages", in->sealed[e - 1]);
        jw_object_end(b);
    }
    jw_array_end(b);
}

enum sr_err effect_json(const struct policy *before, const struct policy *after,
                        const struct effect_input *in, struct buf *ret)
{
    struct words w = { .b = ret, .delay = policy_join_delay(before) };
    jw_object(ret);
    jw_member_u64(ret, "away", in->away);
    jw_name(ret, "changes");
    jw_array(ret);
    SR_TRY(policy_changes(before, after, put_change, &w));
    jw_array_end(ret);
    jw_member_u64(ret, "delay", w.delay);
    put_destroyed(ret, before, after, in);
    jw_member_u64(ret, "from", policy_number(before));
    put_measurements(ret, before, after, in);
    jw_name(ret, "subjects");
    jw_array(ret);
    for (size_t i = 0; i < in->n; i++)
        put_subject(&w, before, after, &in->v[i], in->self);
    jw_array_end(ret);
    jw_member_u64(ret, "to", policy_number(after));
    jw_object_end(ret);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}
