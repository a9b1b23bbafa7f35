/* Attacks on what keeps a log from having a past: copies of a member's disk, copies of a member, witnesses
 * that are not, two histories of one log. The host wants a member that forgot what it did, or two of it. */
#include "node/cosigners_parts.h"
#include "tests/attacks/witness_net.h"

#include <pthread.h>

static void live_drop(struct live *l)
{
    live_end(l);
}

/* ---- the disk of yesterday, the machine twice */

static bool honest_restart(struct lab *l)
{
    SR_OWN(witness_net) w = { 0 };
    struct sr_why why;
    (void)l;
    witness_net_open(&w);
    bool before = live_release_soon(&w.a, &w.b.r->core->home, &why);
    live_restart(&w.a, NULL);
    return before && live_release_soon(&w.a, &w.b.r->core->home, &why);
}

static bool restored(struct lab *l, struct sr_why *why)
{
    SR_OWN(witness_net) w = { 0 };
    (void)l;
    witness_net_open(&w);
    live_copy(&w.a, "yesterday");
    T(live_release_soon(&w.a, &w.b.r->core->home, why));
    live_restart(&w.a, "yesterday");
    return live_release_soon(&w.a, &w.b.r->core->home, why);
}

static bool cloned(struct lab *l, struct sr_why *why)
{
    SR_OWN(witness_net) w = { 0 };
    SR_OWN(live) copy = { 0 };
    (void)l;
    witness_net_open(&w);
    T(live_release_soon(&w.a, &w.b.r->core->home, why));
    live_copy(&w.a, "snapshot");
    live_clone(&w.a, "snapshot", &copy);
    T(live_release_soon(&copy, &w.b.r->core->home, why)); /* the later start */
    return live_release_soon(&w.a, &w.b.r->core->home, why);
}

/* The witness's own disk is of yesterday, and nobody is there to tell it. */
static bool cosigned_after(struct witness_net *w, bool alone, struct sr_why *why)
{
    struct sr_why ignored;
    SR_OWN(buf) first = { 0 };
    SR_OWN(buf) other = { 0 };
    struct played *p = played_member(w->a.r->core, "http://127.0.0.1:1");
    live_copy(&w->a, "yesterday");
    played_grow(p, 5, 'a');
    played_request(p, 0, 5, &first);
    T(played_submit(&w->a.r->node, w->a.r->core, buf_span(&first), NULL, &ignored) == SR_OK);
    if (alone)
        live_stop(&w->b);
    live_restart(&w->a, alone ? "yesterday" : NULL);
    members_learn(w->a.r->core->members,
                  &(struct member_cert){ .cid = w->a.r->core->home.cid, .epoch = 1, .key = p->pub });
    p->size = 0;
    played_grow(p, 5, alone ? 'b' : 'a');
    played_request(p, alone ? 0 : 5, 5, &other);
    SR_OWN(buf) lines = { 0 };
    bool got = false;
    for (int i = 0; i < 1500 && !got && (i == 0 || !alone); i++, a_moment())
        got = running_post(w->a.r, "/sealring/v1/witness/add-checkpoint", buf_span(&other), &lines, why) ==
              SR_OK;
    free(p);
    return got;
}

static bool honest_witness(struct lab *l)
{
    SR_OWN(witness_net) w = { 0 };
    struct sr_why why;
    (void)l;
    witness_net_open(&w);
    return cosigned_after(&w, false, &why);
}

static bool forgetful_witness(struct lab *l, struct sr_why *why)
{
    SR_OWN(witness_net) w = { 0 };
    (void)l;
    witness_net_open(&w);
    return cosigned_after(&w, true, why);
}

static bool unwitnessed(struct lab *l, struct sr_why *why)
{
    SR_OWN(witness_net) w = { 0 };
    (void)l;
    witness_net_open(&w);
    T(live_release_soon(&w.a, &w.b.r->core->home, why));
    struct home keys = w.b.r->core->home; /* its epochs outlive the threads that are stopped */
    node_stop(&w.b.r->node);
    cosigners_stop(w.b.r->core->cosigners);
    http_stop(w.b.http);
    w.b.http = NULL;
    return live_release(&w.a, &keys, why);
}

/* ---- two histories */

static bool cosigns(struct running *r, struct played *p, uint64_t old, struct sr_why *why)
{
    SR_OWN(buf) q = { 0 };
    played_request(p, old, p->size, &q);
    return played_submit(&r->node, r->core, buf_span(&q), NULL, why) == SR_OK;
}

static bool one_history(struct lab *l)
{
    struct running *r = running_first();
    struct played *p = played_member(r->core, "http://127.0.0.1:1");
    struct sr_why why;
    (void)l;
    played_grow(p, 5, 'a');
    bool good = cosigns(r, p, 0, &why);
    played_grow(p, 3, 'a');
    good = good && cosigns(r, p, 5, &why);
    free(p);
    running_end(r);
    return good;
}

/* The first size leaves are told apart by nobody: the history changes at `from`. */
static bool second_history(uint64_t size, struct sr_why *why)
{
    struct running *r = running_first();
    struct played *p = played_member(r->core, "http://127.0.0.1:1");
    played_grow(p, 5, 'a');
    T(cosigns(r, p, 0, why));
    p->size = 4;
    played_grow(p, size - 4, 'b');
    bool got = cosigns(r, p, 5, why);
    free(p);
    running_end(r);
    return got;
}

static bool two_heads(struct lab *l, struct sr_why *why)
{
    (void)l;
    return second_history(5, why);
}

static bool other_history(struct lab *l, struct sr_why *why)
{
    (void)l;
    return second_history(8, why);
}

/* A true checkpoint and a bad proof in its member's name: that member would be thrown out. */
static bool framed(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    struct played *p = played_member(r->core, "http://127.0.0.1:1");
    SR_OWN(buf) q = { 0 };
    SR_OWN(witness_row) row = { 0 };
    struct sr_why ignored;
    uint64_t seq;
    (void)l;
    played_grow(p, 5, 'a');
    T(cosigns(r, p, 0, why));
    played_grow(p, 3, 'a');
    played_request(p, 5, 8, &q);
    q.p[8] = q.p[8] == 'A' ? 'B' : 'A'; /* in the proof */
    struct sign_key own = p->key;
    sign_random(&p->key, &(struct sign_pub){ 0 });
    struct witness_boot boot = played_boot(p, 6, 'x', buf_span(&q));
    p->key = own;
    (void)played_submit(&r->node, r->core, buf_span(&q), &boot, why);
    T(witness_recall(r->core, &p->pub, &row, &seq, &ignored) == SR_OK);
    free(p);
    running_end(r);
    return row.state.forked;
}

/* Smaller over larger: the race that the protocol's specification warns of. */
struct racer {
    struct running *r;
    struct span request;
    pthread_barrier_t *start;
    enum sr_err said;
    struct sr_why why;
};

static void *race(void *arg)
{
    struct racer *x = arg;
    pthread_barrier_wait(x->start);
    x->said = played_submit(&x->r->node, x->r->core, x->request, NULL, &x->why);
    return NULL;
}

static bool goes_back(struct running *r, struct played *p, struct sr_why *why)
{
    SR_OWN(witness_row) before = { 0 }, after = { 0 };
    SR_OWN(buf) small = { 0 };
    SR_OWN(buf) large = { 0 };
    pthread_barrier_t start;
    pthread_t t[2];
    uint64_t seq;
    T(witness_recall(r->core, &p->pub, &before, &seq, NULL) == SR_OK);
    uint64_t old = before.state.size;
    played_grow(p, old + 9 - p->size, 'a');
    played_request(p, old, old + 1, &small);
    played_request(p, old, old + 9, &large);
    struct racer x[2] = { { r, buf_span(&small), &start, SR_EBUG, { 0 } },
                          { r, buf_span(&large), &start, SR_EBUG, { 0 } } };
    pthread_barrier_init(&start, NULL, 2);
    for (int k = 0; k < 2; k++)
        T(pthread_create(&t[k], NULL, race, &x[k]) == 0);
    for (int k = 0; k < 2; k++)
        pthread_join(t[k], NULL);
    pthread_barrier_destroy(&start);
    T(witness_recall(r->core, &p->pub, &after, &seq, NULL) == SR_OK);
    *why = x[0].said == SR_OK ? x[1].why : x[0].why;
    return x[0].said == SR_OK && x[1].said == SR_OK && after.state.size == old + 1;
}

static bool taken_back(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    struct played *p = played_member(r->core, "http://127.0.0.1:1");
    bool got = false;
    (void)l;
    for (int i = 0; i < 200 && !got; i++)
        got = goes_back(r, p, why);
    free(p);
    running_end(r);
    return got;
}

/* ---- in a witness's place */

struct place {
    struct played *p; /* whose place it is */
    struct sign_key key;
    struct sign_pub pub; /* who signs */
    uint64_t ago;        /* seconds */
    bool other_body;
    struct buf recorded; /* an answer of before; empty: a new one */
    struct witness_state seen;
};

static struct place *it(struct node *n)
{
    return (struct place *)(void *)n;
}

static enum sr_err add_checkpoint(struct node *n, const struct request *q, struct reply *r,
                                  struct sr_why *why)
{
    struct place *e = it(n);
    struct witness_request w;
    SR_OWN(buf) line = { 0 };
    SR_OWN(buf) body = { 0 };
    (void)why;
    T(witness_request_read(q->body, &w) == SR_OK);
    const uint8_t *gap = memmem(w.note.p, w.note.n, "\n\n", 2);
    wr_span(&body, (struct span){ w.note.p, (size_t)(gap - w.note.p) + 1 });
    if (e->other_body)
        body.p[10] = body.p[10] == 'a' ? 'b' : 'a'; /* in the origin */
    note_cosign(buf_span(&body), e->p->origin, &e->key, &e->pub, clock_unix() - e->ago, &line);
    return reply_bytes(r, 200, TYPE_TEXT, &line);
}

static enum sr_err seen(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    struct place *e = it(n);
    struct witness_question w;
    SR_OWN(buf) b = { 0 };
    (void)why;
    T(witness_question_read(q->body, &w) == SR_OK);
    if (e->recorded.n == 0)
        witness_seen_sign(&w, &e->seen, &e->key, &e->recorded);
    wr_span(&b, buf_span(&e->recorded));
    return reply_bytes(r, 200, TYPE_BYTES, &b);
}

static const struct route place_routes[] = {
    { POST, "/sealring/v1/witness/add-checkpoint", ACCESS_ANYONE, WITNESS_REQUEST_MAX, NULL, add_checkpoint },
    { POST, "/sealring/v1/witness/seen", ACCESS_ANYONE, WITNESS_QUESTION_MAX, NULL, seen },
};
static const struct protocol place_answers = { "place", place_routes, 2, route_error };

static struct http *place_listen(struct place *e, char address[64])
{
    static const struct protocol *const tables[] = { &place_answers };
    struct http_options o = { .protocols = tables, .n_protocols = 1, .workers = 1 };
    struct http *http = NULL;
    uint16_t port = 0;
    o.listeners[0].kind = LISTEN_PLAIN;
    o.n_listeners = 1;
    maker_need(http_listen(&o.listeners[0].fd, "127.0.0.1", 0, &port, NULL) == SR_OK &&
                   http_start(&http, (struct node *)(void *)e, &o, NULL) == SR_OK,
               "HTTP");
    snprintf(address, 64, "http://127.0.0.1:%u", port);
    return http;
}

/* One errand of r to whoever is in the place of p. */
static bool errand_to(struct running *r, struct place *e, bool ask, struct sr_why *why)
{
    struct cosigners *w = r->core->cosigners;
    struct cosigner to = { .prefix = "/sealring/v1/witness" };
    SR_OWN(buf) note = { 0 };
    SR_OWN(errand) errand = { .to = &to, .ask = ask };
    struct http *http = place_listen(e, to.base);
    *why = (struct sr_why){ 0 };
    maker_need(note_key_of(e->p->origin, NOTE_COSIGNATURE, &e->p->pub, &to.key) == SR_OK &&
                   journal_checkpoint(r->core->journal, &note) == SR_OK &&
                   checkpoint_open(buf_span(&note), w->origin, &r->core->home.member_pub, &errand.what.at,
                                   NULL) == SR_OK,
               "a round");
    memcpy(errand.what.note, note.p, note.n);
    errand.what.note_n = note.n;
    errand.what.began = clock_unix();
    enum sr_err err = errand_run(w, &errand, why);
    peer_link_drop(&to.link);
    http_stop(http);
    return err == SR_OK && errand.verdict == R_NONE && (ask || errand.line_bytes.n > 0);
}

static void place_take(struct running *r, struct place *e)
{
    e->p = played_member(r->core, "http://127.0.0.1:1");
    e->key = e->p->key;
    e->pub = e->p->pub;
}

static bool with_place(void (*change)(struct place *e), bool ask, struct sr_why *why)
{
    struct running *r = running_first();
    struct place e = { 0 };
    place_take(r, &e);
    if (change)
        change(&e);
    bool got = errand_to(r, &e, ask, why);
    buf_drop(&e.recorded);
    free(e.p);
    running_end(r);
    return got;
}

static bool honest_line(struct lab *l)
{
    struct sr_why why;
    (void)l;
    return with_place(NULL, false, &why);
}

static bool honest_word(struct lab *l)
{
    struct sr_why why;
    (void)l;
    return with_place(NULL, true, &why);
}

static void by_another_key(struct place *e)
{
    sign_random(&e->key, &e->pub);
}

/* The line says that it is the member's: its name and the id of its key. */
static bool cosigned_by_stranger(struct lab *l, struct sr_why *why)
{
    (void)l;
    return with_place(by_another_key, false, why);
}

static void over_another(struct place *e)
{
    e->other_body = true;
}

static bool cosigned_for_another(struct lab *l, struct sr_why *why)
{
    (void)l;
    return with_place(over_another, false, why);
}

static void an_hour_ago(struct place *e)
{
    e->ago = 3600;
}

static bool cosigned_long_ago(struct lab *l, struct sr_why *why)
{
    (void)l;
    return with_place(an_hour_ago, false, why);
}

static bool seen_by_stranger(struct lab *l, struct sr_why *why)
{
    (void)l;
    return with_place(by_another_key, true, why);
}

/* Asked a second time, the member in whose place it is would say that it has seen more. */
static bool seen_before(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    struct place e = { 0 };
    (void)l;
    place_take(r, &e);
    T(errand_to(r, &e, true, why));
    bool got = errand_to(r, &e, true, why);
    buf_drop(&e.recorded);
    free(e.p);
    running_end(r);
    return got;
}

static const struct attack rows[] = {
    { "restored", honest_restart, restored, R_ROLLED_BACK },
    { "cloned", honest_restart, cloned, R_SUPERSEDED },
    { "forgetful_witness", honest_witness, forgetful_witness, R_UNWITNESSED },
    { "unwitnessed", honest_restart, unwitnessed, R_UNWITNESSED },
    { "two_heads", one_history, two_heads, R_LOG_FORK },
    { "other_history", one_history, other_history, R_WITNESS_PROOF },
    { "framed", one_history, framed, R_SIGNATURE },
    { "taken_back", one_history, taken_back, R_WITNESS_SIZE },
    { "cosigned_by_stranger", honest_line, cosigned_by_stranger, R_NOTE_SIGNATURE },
    { "cosigned_for_another", honest_line, cosigned_for_another, R_NOTE_SIGNATURE },
    { "cosigned_long_ago", honest_line, cosigned_long_ago, R_WITNESS_ANSWER },
    { "seen_by_stranger", honest_word, seen_by_stranger, R_WITNESS_ANSWER },
    { "seen_before", honest_word, seen_before, R_WITNESS_ANSWER },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
