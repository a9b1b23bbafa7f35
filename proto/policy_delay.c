#include "proto/policy_delay.h"

#include "proto/policy_body.h"

#include <string.h>

void policy_waits_drop(struct policy_waits *w)
{
    for (size_t i = 0; i < w->n; i++)
        policy_unref(w->v[i].before);
    *w = (struct policy_waits){ 0 };
}

void policy_waits_copy(const struct policy_waits *w, struct policy_waits *ret)
{
    *ret = *w;
    for (size_t i = 0; i < w->n; i++)
        if (ret->v[i].before)
            (void)policy_ref(ret->v[i].before);
}

bool policy_wait_over(const struct policy_wait *w, struct policy_moment now)
{
    return now.unix_s >= w->due.unix_s && now.boot_ms >= w->due.boot_ms;
}

static uint64_t longer(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

uint64_t policy_delay(const struct policy *in_force, const struct policy_waits *w, struct policy_moment now)
{
    uint64_t seconds = policy_join_delay(in_force);
    for (size_t i = 0; i < w->n; i++)
        if (!policy_wait_over(&w->v[i], now))
            seconds = longer(seconds, w->v[i].delay);
    return seconds;
}

/* ---- taking ---- */

static uint64_t sum(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static struct policy_moment after(struct policy_moment at, uint64_t seconds)
{
    return (struct policy_moment){ sum(at.unix_s, seconds), sum(at.boot_ms, seconds * 1000) };
}

static void forget(struct policy_waits *w, struct policy_moment now)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->n; i++) {
        if (policy_wait_over(&w->v[i], now))
            policy_unref(w->v[i].before);
        else
            w->v[kept++] = w->v[i];
    }
    w->n = kept;
}

/* No room: the last one stands for both, admits nobody and ends when the later of them does. */
static void merge(struct policy_wait *last, const struct policy_wait *with)
{
    policy_unref(last->before);
    *last = (struct policy_wait){
        .delay = longer(last->delay, with->delay),
        .number = with->number,
        .due = { longer(last->due.unix_s, with->due.unix_s), longer(last->due.boot_ms, with->due.boot_ms) },
    };
}

static void add(struct policy_waits *w, struct policy *before, uint64_t number, struct policy_moment due)
{
    const struct policy_wait one = { before, policy_join_delay(before), number, due };
    if (w->n == POLICY_WAITS_MAX) {
        merge(&w->v[w->n - 1], &one);
        return;
    }
    w->v[w->n++] = one;
    (void)policy_ref(before);
}

void policy_waits_take(struct policy_waits *w, struct policy *before, const struct policy *next,
                       struct policy_moment now)
{
    forget(w, now);
    uint64_t seconds = policy_delay(before, w, now);
    if (seconds > 0 && !policy_admits_alike(before, next))
        add(w, before, policy_number(next), after(now, seconds));
}

void policy_waits_past(struct policy_waits *w, struct policy *before, uint64_t seconds,
                       struct policy_moment born)
{
    if (seconds > 0)
        add(w, before, policy_number(before) + 1, after(born, seconds));
}

/* ---- judging ---- */

static bool counts(const struct policy_wait_view *view, size_t i)
{
    return !policy_wait_over(&view->w->v[i], view->now);
}

static size_t waits_n(const struct policy_wait_view *view)
{
    return view && view->w ? view->w->n : 0;
}

static enum sr_err too_early(const struct policy_wait *w, struct policy_verdict *ret, struct sr_why *why)
{
    if (ret) {
        ret->err = SR_EDENIED;
        ret->reason = R_POLICY_DELAY;
    }
    return sr_fail(why, SR_EDENIED, R_POLICY_DELAY,
                   "policy: join: only since number %llu, which counts from %llu on",
                   (unsigned long long)w->number, (unsigned long long)w->due.unix_s);
}

enum sr_err policy_join_waiting(const struct policy *p, const struct policy_wait_view *view,
                                const struct claims *peer, const struct claims *self,
                                struct policy_verdict *ret, struct sr_why *why)
{
    SR_TRY(policy_join(p, peer, self, ret, why));
    for (size_t i = 0; i < waits_n(view); i++) {
        const struct policy_wait *w = &view->w->v[i];
        if (counts(view, i) && (!w->before || policy_join(w->before, peer, self, NULL, NULL) != SR_OK))
            return too_early(w, ret, why);
    }
    return SR_OK;
}

static bool root_counts(const struct sha256 *root, const struct policy_wait_view *view)
{
    for (size_t i = 0; i < waits_n(view); i++)
        if (counts(view, i) && !(view->w->v[i].before && policy_has_root(view->w->v[i].before, root)))
            return false;
    return true;
}

struct policy_aks policy_aks(const struct policy *p, const struct policy_wait_view *view)
{
    struct policy_aks a = { .max_age = policy_ak_cert_max_age(p) };
    for (size_t i = 0; i < p->roots_n; i++)
        if (root_counts(&p->roots[i], view))
            a.roots[a.roots_n++] = p->roots[i];
    for (size_t i = 0; i < waits_n(view); i++) {
        const struct policy *before = view->w->v[i].before;
        if (counts(view, i) && before && policy_ak_cert_max_age(before) < a.max_age)
            a.max_age = policy_ak_cert_max_age(before);
    }
    return a;
}
