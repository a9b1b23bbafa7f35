/* Waiting for witnesses: how many may, how long, and two members that are full of releases and need each
 * other. */
#include "client/workload.h"
#include "node/cosigners_parts.h"
#include "tests/attacks/witness_net.h"

#include <pthread.h>

enum { WAITERS = LIVE_THREADS, WORKLOADS = 8, ROUNDS = 3 };

/* ---- nobody answers */

struct waiter {
    struct core *core;
    struct journal_receipt receipt;
    struct sr_why why;
    enum sr_err said;
};

static void *waits(void *arg)
{
    struct waiter *x = arg;
    SR_OWN(buf) note = { 0 };
    x->said = cosigners_wait(x->core, &x->receipt, COSIGNED_ALL, &note, &x->why);
    return NULL;
}

static void one_thread_is_kept_from_waiting(void)
{
    SR_OWN(witness_net) w = { 0 };
    struct waiter x[WAITERS] = { 0 };
    pthread_t t[WAITERS];
    unsigned busy = 0, unwitnessed = 0;
    witness_net_open(&w);
    live_stop(&w.b);
    for (int i = 0; i < WAITERS; i++) {
        x[i] = (struct waiter){ .core = w.a.r->core, .receipt = { .index = 1000000 } };
        T(pthread_create(&t[i], NULL, waits, &x[i]) == 0);
    }
    for (int i = 0; i < WAITERS; i++) {
        pthread_join(t[i], NULL);
        T(x[i].said == SR_EBUSY);
        busy += x[i].why.reason == R_BUSY;
        unwitnessed += x[i].why.reason == R_UNWITNESSED;
    }
    T(busy == 1 && unwitnessed == WAITERS - 1);
}

static void whoever_waits_is_sent_away_at_the_end(void)
{
    SR_OWN(witness_net) w = { 0 };
    struct waiter x = { .receipt = { .index = 1000000 } };
    pthread_t t;
    witness_net_open(&w);
    x.core = w.a.r->core;
    T(pthread_create(&t, NULL, waits, &x) == 0);
    cosigners_stop(w.a.r->core->cosigners);
    pthread_join(t, NULL);
    T(x.said == SR_EBUSY && (x.why.reason == R_NOT_READY || x.why.reason == R_UNWITNESSED));
}

/* ---- both are asked for more than they have threads */

struct workload_thread {
    const char *base, *cid;
    unsigned got;
};

static bool fetches(struct remote *remote, struct machine *machine, const struct network *network)
{
    SR_OWN(fetched) got = { 0 };
    struct sr_why why = { 0 };
    struct want_list wants = { .n = 1, .want = { { "demo", "app/disk", WANT_RAW, 1, 32 } } };
    return workload_fetch(remote, machine, network, &wants, &got, &why) == SR_OK &&
           got.released.values.n == 1;
}

static void *works(void *arg)
{
    struct workload_thread *x = arg;
    struct network *network = calloc(1, sizeof *network);
    SR_OWN(remote) remote = { 0 };
    SR_OWN(machine) machine = { 0 };
    struct sr_why why = { 0 };
    const struct remote_options o = { .node = x->base, .cid = x->cid, .timeout_s = 30 };
    if (network && remote_open(&o, &remote, &why) == SR_OK &&
        machine_open(&(struct machine_options){ .platform = "insecure" }, &machine, &why) == SR_OK &&
        network_learn(&remote, network, &why) == SR_OK)
        for (int i = 0; i < 1000 && x->got < ROUNDS; i++) { /* busy or late is no refusal */
            x->got += fetches(&remote, &machine, network);
            if (x->got < ROUNDS)
                a_moment();
        }
    free(network);
    return NULL;
}

static void two_full_members_wait_for_each_other_and_go_on(void)
{
    SR_OWN(witness_net) w = { 0 };
    struct workload_thread x[2 * WORKLOADS];
    pthread_t t[2 * WORKLOADS];
    struct sr_why why;
    char cid[CID_TEXT_MAX];
    witness_net_open(&w);
    cid_text(&w.a.r->core->home.cid, cid);
    T(live_release_soon(&w.a, &w.b.r->core->home, &why) && live_release_soon(&w.b, &w.a.r->core->home, &why));
    for (int i = 0; i < 2 * WORKLOADS; i++) {
        x[i] = (struct workload_thread){ i % 2 ? w.a.address : w.b.address, cid, 0 };
        T(pthread_create(&t[i], NULL, works, &x[i]) == 0);
    }
    for (int i = 0; i < 2 * WORKLOADS; i++) {
        pthread_join(t[i], NULL);
        T(x[i].got == ROUNDS);
    }
}

/* ---- what is handed out */

static void the_note_that_is_handed_out_has_the_other_members_line(void)
{
    SR_OWN(witness_net) w = { 0 };
    SR_OWN(buf) note = { 0 };
    struct witness_pin pin = { .n = 1, .need = 1 };
    struct sr_why why;
    struct journal_receipt none = { .index = 0 };
    witness_net_open(&w);
    T(live_release_soon(&w.a, &w.b.r->core->home, &why));
    struct core *c = w.a.r->core;
    T(cosigners_wait(c, &none, COSIGNED_ALL, &note, &why) == SR_OK);
    pin.key[0] = w.b.r->core->home.member_pub;
    T_ROW(witness_pin_check(&pin, &c->home.cid, buf_span(&note), 0, &why) == SR_OK, why.text);
    struct cosigners_view v = cosigners_look(c->cosigners);
    T(v.ended == R_NONE && v.answers == 1 && v.known == 1 && v.cosigned == 1 && v.size > 0);
}

/* The genesis record names witnesses: their signature counts for every workload. */
static void the_records_witnesses_count(void)
{
    SR_OWN(witness_net) w = { 0 };
    SR_OWN(remote) remote = { 0 };
    SR_OWN(machine) machine = { 0 };
    struct network *n = calloc(1, sizeof *n);
    struct sign_key ignored;
    struct sr_why why;
    char cid[CID_TEXT_MAX];
    witness_net_open(&w);
    T(n && live_release_soon(&w.a, &w.b.r->core->home, &why));
    cid_text(&w.a.r->core->home.cid, cid);
    const struct remote_options o = { .node = w.a.address, .cid = cid, .timeout_s = 30 };
    T(remote_open(&o, &remote, &why) == SR_OK && network_learn(&remote, n, &why) == SR_OK &&
      machine_open(&(struct machine_options){ .platform = "insecure" }, &machine, &why) == SR_OK);
    n->genesis.params.witnesses = (struct key_set){ .n = 1, .k = 1, .key = { w.b.r->core->home.member_pub } };
    T(fetches(&remote, &machine, n));
    sign_random(&ignored, &n->genesis.params.witnesses.key[0]);
    T(!fetches(&remote, &machine, n));
    free(n);
}

/* Policy number 2, by which b is a member no more. */
static void expel_b(struct witness_net *w)
{
    struct running *r = w->a.r;
    SR_OWN(policy_hold) now = policy_holder_get(r->core->policy);
    SR_OWN(policy_signed) s = { 0 };
    SR_OWN(buf) document = { 0 }, text = { 0 }, more = { 0 };
    wr_text(&more, ONE_WITNESS ",\"expelled\":[{\"name\":\"b\",\"key\":\"");
    wr_hex(&more, SPAN(w->b.r->core->home.member_pub.b));
    wr_text(&more, "\"}]");
    wr_u8(&more, '\0');
    r->more = (const char *)more.p;
    running_policy(r, 2, policy_hash(now.p), &document);
    r->more = NULL;
    T(policy_parse(buf_span(&document), &s.policy, NULL) == SR_OK);
    struct approval sig = policy_sign(s.policy, &r->core->home.cid, &r->admin, &r->admin_pub);
    T(policy_signed_add(&s, &sig, NULL) == SR_OK);
    policy_signed_write(&s, &text);
    T(policy_holder_apply(r->core->policy, buf_span(&text), NULL) == SR_OK);
}

/* Who is a member no more is no witness: nothing is released on its word, and joins do not wait for it. */
static void an_expelled_member_is_no_witness(void)
{
    SR_OWN(witness_net) w = { 0 };
    SR_OWN(buf) note = { 0 };
    struct journal_receipt later = { .index = 1000000 };
    struct sr_why why;
    witness_net_open(&w);
    T(live_release_soon(&w.a, &w.b.r->core->home, &why));
    expel_b(&w);
    struct cosigners_view v = cosigners_look(w.a.r->core->cosigners);
    T(v.known == 0 && v.answers == 0);
    T(cosigners_wait(w.a.r->core, &later, COSIGNED_KNOWN, &note, &why) == SR_OK);
    T(!live_release(&w.a, &w.b.r->core->home, &why) && why.reason == R_UNWITNESSED);
}

/* ---- a log that has ended */

static bool any_errand(struct cosigners *w)
{
    bool busy = false;
    pthread_mutex_lock(&w->lock);
    for (size_t i = 0; i < w->n; i++)
        busy |= w->v[i]->busy;
    pthread_mutex_unlock(&w->lock);
    return busy;
}

/* It would ask for ever, and as fast as the others answer. */
static void whose_log_has_ended_asks_nobody(void)
{
    SR_OWN(witness_net) w = { 0 };
    struct sr_why why = { 0 };
    size_t errands = 0;
    witness_net_open(&w);
    live_copy(&w.a, "yesterday");
    T(live_release_soon(&w.a, &w.b.r->core->home, &why));
    live_restart(&w.a, "yesterday");
    T(!live_release_soon(&w.a, &w.b.r->core->home, &why) && why.reason == R_ROLLED_BACK);
    struct cosigners *c = w.a.r->core->cosigners;
    for (int i = 0; i < 500 && any_errand(c); i++)
        a_moment();
    for (int i = 0; i < 50; i++, a_moment())
        errands += any_errand(c);
    T(errands == 0);
}

int main(void)
{
    T(secret_init() == SR_OK);
    one_thread_is_kept_from_waiting();
    whoever_waits_is_sent_away_at_the_end();
    two_full_members_wait_for_each_other_and_go_on();
    the_note_that_is_handed_out_has_the_other_members_line();
    the_records_witnesses_count();
    an_expelled_member_is_no_witness();
    whose_log_has_ended_asks_nobody();
    return t_end();
}
