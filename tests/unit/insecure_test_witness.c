/* A member as witness of the others: what it remembers, what it refuses, over the routes and under races. */
#include "tests/attacks/running.h"
#include "tests/attacks/witness_lab.h"

#include <pthread.h>

static struct running *r;

struct answer {
    int status;
    struct buf body;
    struct sr_why why;
};

static void answer_drop(struct answer *a)
{
    buf_drop(&a->body);
}

static void post(const char *path, const char *query, struct span body, struct answer *ret)
{
    const struct http_options o = running_http();
    struct calls calls = { .node = &r->node, .o = &o };
    struct call call;
    SR_OWN(reply) reply = { 0 };
    call_begin(&call, &calls);
    call.req.method = POST;
    call.req.path = span_of(path);
    call.req.query = span_of(query);
    call.req.type = SPAN_STR(TYPE_BYTES);
    if (call_judge(&call, body.n) == SR_OK)
        call_take(&call, body);
    call_answer(&call, &reply);
    answer_drop(ret);
    *ret = (struct answer){ .status = reply.status, .why = call.why };
    wr_span(&ret->body, (struct span){ reply.body, reply.n });
    call_drop(&call);
}

static void ask(struct span body, struct answer *ret)
{
    post("/sealring/v1/witness/add-checkpoint", "", body, ret);
}

static struct witness_state remembered(const struct played *p)
{
    SR_OWN(witness_row) row = { 0 };
    uint64_t seq;
    T(witness_recall(r->core, &p->pub, &row, &seq, NULL) == SR_OK);
    return row.state;
}

static struct note_key our_name(void)
{
    SR_OWN(buf) name = { 0 };
    struct note_key k = { 0 };
    log_origin(&r->core->home.cid, r->core->home.id.b, &name);
    wr_u8(&name, '\0');
    T(note_key_of((const char *)name.p, NOTE_COSIGNATURE, &r->core->home.member_pub, &k) == SR_OK);
    return k;
}

/* Every answer of the specification. */
static void answers_as_the_protocol_says(void)
{
    struct played *p = played_member(r->core, "http://127.0.0.1:1");
    struct note_key k = our_name();
    struct witness_line line;
    SR_OWN(answer) a = { 0 };
    SR_OWN(buf) q = { 0 };
    SR_OWN(buf) note = { 0 };
    played_grow(p, 10, 'a');
    played_note(p, 4, &note);
    played_request(p, 0, 4, &q);
    ask(buf_span(&q), &a);
    T(a.status == 200 && witness_answer_open(buf_span(&note), buf_span(&a.body), &k, &line, NULL) == SR_OK);
    ask(buf_span(&q), &a); /* from nothing again */
    T(a.status == 409 && span_eq(buf_span(&a.body), SPAN_STR("4\n")));
    buf_drop(&q);
    played_request(p, 3, 10, &q);
    ask(buf_span(&q), &a);
    T(a.status == 409 && span_eq(buf_span(&a.body), SPAN_STR("4\n")));
    buf_drop(&q);
    played_request(p, 4, 4, &q); /* the same once more */
    ask(buf_span(&q), &a);
    T(a.status == 200);
    buf_drop(&q);
    played_request(p, 4, 10, &q);
    q.p[8] = q.p[8] == 'A' ? 'B' : 'A';
    ask(buf_span(&q), &a);
    T(a.status == 422 && a.why.reason == R_WITNESS_PROOF);
    buf_drop(&q);
    played_request(p, 11, 10, &q);
    ask(buf_span(&q), &a);
    T(a.status == 400);
    ask(SPAN_STR("old 1\n"), &a);
    T(a.status == 400 && a.why.reason == R_MALFORMED);
    T(remembered(p).size == 4 && !remembered(p).forked);
    free(p);
}

/* Who has a checkpoint, and all may, wears no disk out with it. */
static void the_same_again_costs_the_disk_nothing(void)
{
    struct played *p = played_member(r->core, "http://127.0.0.1:1");
    SR_OWN(answer) first = { 0 }, second = { 0 };
    SR_OWN(buf) q = { 0 }, again = { 0 };
    played_grow(p, 4, 'a');
    played_request(p, 0, 4, &q);
    ask(buf_span(&q), &first);
    uint64_t commits = keystore_head(r->core->home.ks).seq;
    played_request(p, 4, 4, &again);
    ask(buf_span(&again), &second);
    T(first.status == 200 && second.status == 200);
    T(span_eq(buf_span(&first.body), buf_span(&second.body)));
    T(keystore_head(r->core->home.ks).seq == commits);
    free(p);
}

static void logs_of_strangers_and_our_own_are_not_found(void)
{
    struct played *p = played_member(r->core, "http://127.0.0.1:1");
    SR_OWN(answer) a = { 0 };
    SR_OWN(buf) q = { 0 };
    SR_OWN(buf) own = { 0 };
    SR_OWN(buf) other = { 0 };
    SR_OWN(buf) note = { 0 };
    struct witness_request w = { 0 };
    played_grow(p, 2, 'a');
    p->origin[strlen(p->origin) - 1] ^= 1;
    played_request(p, 0, 2, &q);
    ask(buf_span(&q), &a);
    T(a.status == 404 && a.why.reason == R_NOT_FOUND);
    T(journal_checkpoint(r->core->journal, &note) == SR_OK);
    w.note = buf_span(&note);
    witness_request_write(&w, &own);
    ask(buf_span(&own), &a);
    T(a.status == 404);
    p->origin[strlen(p->origin) - 1] ^= 1;
    sign_random(&p->key, &p->pub); /* another key under the member's name */
    played_request(p, 0, 2, &other);
    ask(buf_span(&other), &a);
    T(a.status == 403 && a.why.reason == R_NOTE_SIGNATURE);
    free(p);
}

static uint64_t fork_leaves(void)
{
    uint64_t n = 0;
    for (uint64_t i = 0; i < journal_size(r->core->journal); i++) {
        SR_OWN(buf) b = { 0 };
        struct leaf l;
        T(journal_read_leaf(r->core->journal, i, &b) == SR_OK &&
          leaf_decode(buf_span(&b), &l, NULL) == SR_OK);
        n += l.type == LEAF_FORK;
    }
    return n;
}

static void two_histories_end_it(void)
{
    struct played *p = played_member(r->core, "http://127.0.0.1:1");
    SR_OWN(answer) a = { 0 };
    SR_OWN(buf) first = { 0 };
    SR_OWN(buf) second = { 0 };
    SR_OWN(buf) later = { 0 };
    uint64_t before = fork_leaves();
    played_grow(p, 5, 'a');
    played_request(p, 0, 5, &first);
    ask(buf_span(&first), &a);
    T(a.status == 200);
    p->size = 4;
    played_grow(p, 3, 'b');
    played_request(p, 0, 5, &second);
    ask(buf_span(&second), &a);
    T(a.status == 409 && a.why.reason == R_LOG_FORK);
    T(remembered(p).forked && fork_leaves() == before + 1);
    played_request(p, 5, 7, &later);
    ask(buf_span(&later), &a);
    T(a.status == 403 && a.why.reason == R_LOG_FORK);
    T(fork_leaves() == before + 1);
    running_again(r);
    T(remembered(p).forked && remembered(p).size == 5);
    free(p);
}

/* Policy number n, in which operators say that this head of p's log counts. */
static void operators_say(struct played *p, uint64_t n, uint64_t size)
{
    SR_OWN(policy_hold) now = policy_holder_get(r->core->policy);
    SR_OWN(policy_signed) s = { 0 };
    SR_OWN(buf) document = { 0 }, text = { 0 }, more = { 0 };
    struct checkpoint c = played_at(p, size);
    struct member_id id = member_id_of(&p->pub);
    wr_text(&more, ",\"witnesses\":{\"need\":1,\"restart\":0,\"heads\":[{\"member\":\"");
    wr_hex(&more, SPAN(id.b));
    wr_fmt(&more, "\",\"size\":%llu,\"root\":\"", (unsigned long long)size);
    wr_hex(&more, SPAN(c.root.b));
    wr_text(&more, "\"}]}");
    wr_u8(&more, '\0');
    r->more = (const char *)more.p;
    running_policy(r, (int)n, policy_hash(now.p), &document);
    r->more = NULL;
    T(policy_parse(buf_span(&document), &s.policy, NULL) == SR_OK);
    struct approval sig = policy_sign(s.policy, &r->core->home.cid, &r->admin, &r->admin_pub);
    T(policy_signed_add(&s, &sig, NULL) == SR_OK);
    policy_signed_write(&s, &text);
    T(policy_holder_apply(r->core->policy, buf_span(&text), NULL) == SR_OK);
}

static enum sr_err submit(struct played *p, uint64_t old, struct sr_why *why)
{
    SR_OWN(buf) q = { 0 };
    played_request(p, old, p->size, &q);
    return played_submit(&r->node, r->core, buf_span(&q), NULL, why);
}

static void operators_say_which_history_counts(void)
{
    struct played *p = played_member(r->core, "http://127.0.0.1:1");
    struct sr_why why;
    unsigned before = r->core->forks;
    uint64_t leaves = fork_leaves();
    played_grow(p, 5, 'a');
    T(submit(p, 0, &why) == SR_OK);
    p->size = 4;
    played_grow(p, 1, 'b');
    T(submit(p, 0, &why) == SR_ESTALE && remembered(p).forked && r->core->forks == before + 1);
    operators_say(p, 2, 4); /* of neither */
    T(remembered(p).forked && submit(p, 5, &why) == SR_EDENIED && why.reason == R_LOG_FORK);
    operators_say(p, 3, 5); /* the second */
    T(!remembered(p).forked);
    played_grow(p, 2, 'b');
    T(submit(p, 5, &why) == SR_OK && r->core->forks == before);
    p->size = 4;
    played_grow(p, 3, 'a'); /* the first is refused, and no leaf more */
    T(submit(p, 7, &why) == SR_ESTALE && why.reason == R_LOG_FORK);
    T(!remembered(p).forked && fork_leaves() == leaves + 1);
    running_again(r);
    T(r->core->forks == before && remembered(p).size == 7);
    free(p);
}

/* Who replays a genuine checkpoint beside a bad proof must not have its member thrown out. */
static void a_bad_proof_is_a_fork_from_the_member_alone(void)
{
    struct played *p = played_member(r->core, "http://127.0.0.1:1");
    SR_OWN(buf) first = { 0 };
    SR_OWN(buf) other = { 0 };
    struct sr_why why;
    played_grow(p, 5, 'a');
    played_request(p, 0, 5, &first);
    T(played_submit(&r->node, r->core, buf_span(&first), NULL, &why) == SR_OK);
    p->size = 4;
    played_grow(p, 4, 'b');
    played_request(p, 5, 8, &other);
    T(played_submit(&r->node, r->core, buf_span(&other), NULL, &why) == SR_EPROOF);
    T(why.reason == R_WITNESS_PROOF && !remembered(p).forked);
    struct witness_boot boot = played_boot(p, 6, 'x', buf_span(&other));
    boot.sig.b[0] ^= 1;
    T(played_submit(&r->node, r->core, buf_span(&other), &boot, &why) == SR_EDENIED &&
      why.reason == R_SIGNATURE);
    T(!remembered(p).forked);
    boot.sig.b[0] ^= 1;
    T(played_submit(&r->node, r->core, buf_span(&other), &boot, &why) == SR_EPROOF && remembered(p).forked);
    free(p);
}

static enum sr_err by_boot(struct played *p, uint64_t old, uint64_t start, char id, struct sr_why *why)
{
    SR_OWN(buf) q = { 0 };
    played_request(p, old, p->size, &q);
    struct witness_boot boot = played_boot(p, start, id, buf_span(&q));
    return played_submit(&r->node, r->core, buf_span(&q), &boot, why);
}

static void a_later_start_wins(void)
{
    struct played *p = played_member(r->core, "http://127.0.0.1:1");
    struct sr_why why;
    played_grow(p, 5, 'a');
    T(by_boot(p, 0, 4, 'x', &why) == SR_OK);
    played_grow(p, 1, 'a');
    T(by_boot(p, 5, 4, 'x', &why) == SR_OK);
    played_grow(p, 1, 'a');
    T(by_boot(p, 6, 6, 'y', &why) == SR_OK); /* a copy, started on the newest state */
    played_grow(p, 1, 'a');
    T(by_boot(p, 7, 4, 'x', &why) == SR_EDENIED && why.reason == R_SUPERSEDED);
    T(by_boot(p, 7, 6, 'y', &why) == SR_OK);
    T(by_boot(p, 8, 8, 'z', &why) == SR_EFORMAT); /* its start is not in the tree yet */
    T(remembered(p).start == 6 && !remembered(p).forked);
    free(p);
}

static void the_query_says_which_boot(void)
{
    struct played *p = played_member(r->core, "http://127.0.0.1:1");
    SR_OWN(answer) a = { 0 };
    SR_OWN(buf) q = { 0 };
    SR_OWN(buf) query = { 0 };
    played_grow(p, 3, 'a');
    played_request(p, 0, 3, &q);
    struct witness_boot boot = played_boot(p, 2, 'x', buf_span(&q));
    wr_text(&query, "boot=");
    wr_hex(&query, SPAN(boot.id));
    wr_text(&query, "&start=2&sig=");
    wr_hex(&query, SPAN(boot.sig.b));
    wr_u8(&query, '\0');
    post("/sealring/v1/witness/add-checkpoint", "boot=00&start=2&sig=00", buf_span(&q), &a);
    T(a.status == 400);
    post("/sealring/v1/witness/add-checkpoint", (const char *)query.p, buf_span(&q), &a);
    T(a.status == 200 && remembered(p).start == 2 && remembered(p).boot[0] == 'x');
    free(p);
}

static void says_what_it_has_seen(void)
{
    struct played *p = played_member(r->core, "http://127.0.0.1:1");
    struct witness_question q = { 0 };
    struct witness_state seen;
    SR_OWN(answer) a = { 0 };
    SR_OWN(buf) asked = { 0 };
    SR_OWN(buf) first = { 0 };
    strcpy(q.origin, p->origin);
    random_fill(q.nonce, sizeof q.nonce);
    witness_question_write(&q, &asked);
    post("/sealring/v1/witness/seen", "", buf_span(&asked), &a);
    T(a.status == 200 &&
      witness_seen_check(buf_span(&a.body), &q, &r->core->home.member_pub, &seen, NULL) == SR_OK);
    T(seen.size == 0);
    played_grow(p, 3, 'a');
    played_request(p, 0, 3, &first);
    ask(buf_span(&first), &a);
    post("/sealring/v1/witness/seen", "", buf_span(&asked), &a);
    T(a.status == 200 &&
      witness_seen_check(buf_span(&a.body), &q, &r->core->home.member_pub, &seen, NULL) == SR_OK);
    T(seen.size == 3);
    post("/sealring/v1/witness/seen", "", SPAN_STR("?"), &a);
    T(a.status == 400);
    free(p);
}

/* ---- the race that C2SP warns of: a smaller size stored over a larger one */

struct racer {
    struct span request;
    pthread_barrier_t *start;
    enum sr_err said;
};

static void *race(void *arg)
{
    struct racer *x = arg;
    struct sr_why why;
    pthread_barrier_wait(x->start);
    x->said = played_submit(&r->node, r->core, x->request, NULL, &why);
    return NULL;
}

static void of_two_at_once_neither_takes_the_other_back(void)
{
    enum { ROUNDS = 100 };
    struct played *p = played_member(r->core, "http://127.0.0.1:1");
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, 2);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        SR_OWN(buf) small = { 0 };
        SR_OWN(buf) large = { 0 };
        pthread_t t[2];
        uint64_t old = remembered(p).size;
        played_grow(p, old + 9 - p->size, 'a');
        played_request(p, old, old + 1, &small);
        played_request(p, old, old + 9, &large);
        struct racer x[2] = { { buf_span(&small), &start, SR_EBUG }, { buf_span(&large), &start, SR_EBUG } };
        for (int k = 0; k < 2; k++)
            T(pthread_create(&t[k], NULL, race, &x[k]) == 0);
        for (int k = 0; k < 2; k++)
            pthread_join(t[k], NULL);
        T((x[0].said == SR_OK) != (x[1].said == SR_OK)); /* the second is told to prove from there */
        T(remembered(p).size == (x[1].said == SR_OK ? old + 9 : old + 1));
    }
    pthread_barrier_destroy(&start);
    free(p);
}

int main(void)
{
    T(secret_init() == SR_OK);
    r = running_first();
    answers_as_the_protocol_says();
    the_same_again_costs_the_disk_nothing();
    logs_of_strangers_and_our_own_are_not_found();
    a_bad_proof_is_a_fork_from_the_member_alone();
    a_later_start_wins();
    the_query_says_which_boot();
    says_what_it_has_seen();
    of_two_at_once_neither_takes_the_other_back();
    two_histories_end_it();
    operators_say_which_history_counts();
    running_end(r);
    return t_end();
}
