#include "node/lease_actor.h"

#include "node/clock.h"
#include "node/lease.h"
#include "node/node.h"
#include "node/peer.h"
#include "node/sync.h"
#include "proto/vouch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 1000, CALL_MS_LEAST = 500, CALL_MS_MOST = 5000 };

struct asked {
    struct member_cert member;
    unsigned failures; /* in a row */
};

struct lease_actor {
    struct node *n;
    struct core *c;
    pthread_t thread;
    uint64_t round_ms; /* when the last round began; 0: none did */
    bool held;         /* as it was said last */
    size_t others;
    struct asked v[MEMBERS_MAX];
};

/* ---- one question ---- */

static void draw(const struct core *c, const struct policy *p, const uint8_t *boot, struct vouch_request *ret)
{
    SR_OWN(epochs_hold) epochs = epochs_holder_get(c->home.epochs);
    *ret = (struct vouch_request){ .number = policy_number(p),
                                   .hash = *policy_hash(p),
                                   .epoch = keyring_newest(epochs.e->keyring) };
    random_fill(ret->nonce, sizeof ret->nonce);
    memcpy(ret->boot, boot, sizeof ret->boot);
}

static unsigned call_ms(const struct policy *p)
{
    uint64_t ms = 1000 * policy_member_lease(p) / 12;
    return (unsigned)(ms < CALL_MS_LEAST ? CALL_MS_LEAST : ms > CALL_MS_MOST ? CALL_MS_MOST : ms);
}

static enum sr_err ask(struct lease_actor *a, const struct policy *p, const struct member_cert *m,
                       struct vouch_answer *ret, struct sr_why *why)
{
    struct core *c = a->c;
    struct vouch_request q;
    SR_OWN(buf) body = { 0 };
    SR_OWN(peer_link) peer = { 0 };
    draw(c, p, a->n->boot, &q);
    vouch_request_write(&q, &body);
    if (!buf_ok(&body))
        return SR_ENOMEM;
    SR_TRY(peer_open(a->n, m->address, &c->home, &peer, why));
    uint64_t asked = clock_boot_ms();
    peer.until_ms = asked + call_ms(p);
    SR_TRY(peer_post_signed(&peer, "/sealring/v1/vouch", "application/octet-stream", buf_span(&body), why));
    const struct vouch_about about = { &c->home.cid, &c->home.member_pub, buf_span(&body) };
    SR_TRY(vouch_answer_check(buf_span(&peer.reply.body), &about, &m->key, ret, why));
    if (ret->verdict == VOUCH_YES)
        lease_take(c->lease, &m->key, asked);
    return SR_OK;
}

static void say(struct lease_actor *a, const struct member_cert *m, enum vouch_verdict verdict, enum sr_err e,
                const struct sr_why *why)
{
    struct logline l = log_start(&a->n->log, LOG_INFO, "vouch-refused");
    log_text(&l, "peer", m->address);
    log_num(&l, "verdict", verdict);
    log_why(&l, e, why);
    log_end(&l);
}

/* true: it vouched. What it knows better we go and get. */
static bool ask_one(struct lease_actor *a, const struct policy *p, struct asked *to)
{
    struct vouch_answer answer = { 0 };
    struct sr_why why = { 0 };
    enum sr_err e = ask(a, p, &to->member, &answer, &why);
    bool yes = e == SR_OK && answer.verdict == VOUCH_YES;
    to->failures = yes ? 0 : to->failures + 1;
    if (to->failures == 1)
        say(a, &to->member, answer.verdict, e, &why);
    if (answer.verdict == VOUCH_BEHIND || answer.verdict == VOUCH_EPOCH || e == SR_EDENIED)
        sync_wake(a->n);
    return yes;
}

/* ---- a round ---- */

static unsigned failures_of(const struct lease_actor *a, const struct sign_pub *key, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(&a->v[i].member.key, key, sizeof *key) == 0)
            return a->v[i].failures;
    return 0;
}

static int good_first(const void *x, const void *y)
{
    const struct asked *a = x, *b = y;
    return (a->failures > b->failures) - (a->failures < b->failures);
}

/* The others that count, with what we remember of each. */
static enum sr_err collect(struct lease_actor *a, const struct policy *p)
{
    struct asked *next = calloc(MEMBERS_MAX, sizeof *next);
    struct member_cert m;
    size_t n = 0;
    if (!next)
        return SR_ENOMEM;
    for (size_t i = 0; n < MEMBERS_MAX && members_at(a->c->members, i, &m) == SR_OK; i++)
        if (members_counts(p, &m) && memcmp(&m.key, &a->c->home.member_pub, sizeof m.key) != 0)
            next[n++] = (struct asked){ m, failures_of(a, &m.key, a->others) };
    memcpy(a->v, next, n * sizeof *next);
    free(next);
    a->others = n;
    qsort(a->v, n, sizeof *a->v, good_first);
    return SR_OK;
}

static void ask_around(struct lease_actor *a, const struct policy *p, size_t needed)
{
    size_t yes = 0;
    a->round_ms = clock_boot_ms();
    if (collect(a, p) != SR_OK)
        return;
    for (size_t i = 0; i < a->others && yes < needed && !node_stopping(a->n); i++)
        yes += ask_one(a, p, &a->v[i]);
}

static void say_change(struct lease_actor *a, const struct lease_state *s)
{
    bool held = lease_holds(s);
    if (held == a->held)
        return;
    a->held = held;
    struct logline l =
        log_start(&a->n->log, held ? LOG_INFO : LOG_WARN, held ? "lease-held" : "lease-lapsed");
    log_num(&l, "needed", s->needed);
    log_end(&l);
}

/* A third of the lease after the last round, or soon while it does not hold. */
static void look(struct lease_actor *a)
{
    SR_OWN(policy_hold) now = policy_holder_get(a->c->policy);
    struct lease_state s = lease_look(a->c, now.p);
    uint64_t third = 1000 * policy_member_lease(now.p) / 3;
    if (s.asked && s.needed && (!lease_holds(&s) || clock_boot_ms() >= a->round_ms + third)) {
        ask_around(a, now.p, s.needed);
        s = lease_look(a->c, now.p);
    }
    say_change(a, &s);
}

static void *run(void *arg)
{
    struct lease_actor *a = arg;
    do
        look(a);
    while (!node_doze(a->n, LOOK_MS));
    return NULL;
}

enum sr_err lease_actor_start(struct node *n, struct core *c, struct lease_actor **ret)
{
    struct lease_actor *a = calloc(1, sizeof *a);
    if (!a)
        return SR_ENOMEM;
    a->n = n;
    a->c = c;
    a->held = true; /* until it is known better nothing is said */
    if (pthread_create(&a->thread, NULL, run, a)) {
        free(a);
        return SR_EIO;
    }
    *ret = a;
    return SR_OK;
}

void lease_actor_stop(struct lease_actor *a)
{
    if (!a)
        return;
    pthread_join(a->thread, NULL);
    free(a);
}
